#pragma once
// The grid for kernels written with cuda/block.hpp: that of the GPU or, for a C++ compiler, the
// emulated one.

#ifdef __CUDACC__

#include <cuda_runtime_api.h>

#include "engine/core/device.hpp"
#include "kernels/cuda/block.hpp"

namespace fpanet::kernels {

// Defined in cuda/launch.cpp, so that nvcc does not have to read the headers of CUDA's libraries
// for every kernel.
cudaStream_t stream_of(const Cuda& cuda);
void check_launch(const char* name);

struct CudaBlock {
  Index index, count;
  int threads;

  template <class V>
  __device__ V* shared() const {
    extern __shared__ __align__(16) unsigned char shared_memory[];
    return reinterpret_cast<V*>(shared_memory);
  }
  template <class F>
  __device__ void each(const F& f) const {
    f(static_cast<int>(threadIdx.x));
    __syncthreads();
  }
  template <class F>
  __device__ void each_freely(const F& f) const {
    f(static_cast<int>(threadIdx.x));
  }
  __device__ void add(std::int32_t* counter, std::int32_t n) const { atomicAdd(counter, n); }
  __device__ void add(std::int64_t* counter, std::int64_t n) const {
    // In two's complement the sum has the same bits.
    atomicAdd(reinterpret_cast<unsigned long long*>(counter), static_cast<unsigned long long>(n));
  }
};

template <class Kernel>
__global__ void __launch_bounds__(Kernel::kThreads, resident_blocks<Kernel>())
    run_blocks(const __grid_constant__ Kernel kernel) {
  kernel(CudaBlock{blockIdx.x, gridDim.x, Kernel::kThreads});
}

/// Enqueues kernels on the stream of a GPU.
class CudaGrid {
 public:
  explicit CudaGrid(const Cuda& cuda) : stream_(stream_of(cuda)) {}

  /// `shared_bytes` is at most 48 KiB, which every GPU provides without opting in.
  template <class Kernel>
  void run(const char* name, Index blocks, Index shared_bytes, const Kernel& kernel) const {
    if (blocks == 0) return;
    run_blocks<<<static_cast<unsigned>(blocks), Kernel::kThreads,
                 static_cast<std::size_t>(shared_bytes), stream_>>>(kernel);
    check_launch(name);
  }

 private:
  cudaStream_t stream_;
};

}  // namespace fpanet::kernels

#else

#include "kernels/cuda/emulated.hpp"

namespace fpanet::kernels {
using CudaGrid = EmulatedGrid;
}

#endif
