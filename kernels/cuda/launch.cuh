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
void check_status(const char* name, cudaError_t status);  // of a library's call
/// Whether kernels are launched while the one before them in the stream still runs, and wait for it
/// themselves (programmatic dependent launch). Only if FPANET_CUDA_DEPENDENT_LAUNCH=1 is set in the
/// environment, the GPU has compute capability 9.0 or newer, and the machine code of `kernel` comes
/// from PTX that can wait.
bool launches_dependent(const Cuda& cuda, const void* kernel);

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
#if __CUDA_ARCH__ >= 900
  // Until the kernels before this one are done and their results are visible. Then the blocks of the
  // next kernel may be placed as soon as there is room. Both do nothing after an ordinary launch.
  asm volatile("griddepcontrol.wait;" ::: "memory");
  asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
#endif
  kernel(CudaBlock{blockIdx.x, gridDim.x, Kernel::kThreads});
}

/// Enqueues kernels on the stream of a GPU.
class CudaGrid {
 public:
  explicit CudaGrid(const Cuda& cuda) : cuda_(cuda) {}

  /// `shared_bytes` is at most 48 KiB, which every GPU provides without opting in.
  template <class Kernel>
  void run(const char* name, Index blocks, Index shared_bytes, const Kernel& kernel) const {
    if (blocks == 0) return;
    static const bool dependent =
        launches_dependent(cuda_, reinterpret_cast<const void*>(&run_blocks<Kernel>));
    cudaLaunchAttribute attribute{};
    attribute.id = cudaLaunchAttributeProgrammaticStreamSerialization;
    attribute.val.programmaticStreamSerializationAllowed = 1;
    cudaLaunchConfig_t launch{};
    launch.gridDim = dim3(static_cast<unsigned>(blocks));
    launch.blockDim = dim3(Kernel::kThreads);
    launch.dynamicSmemBytes = static_cast<std::size_t>(shared_bytes);
    launch.stream = stream_of(cuda_);
    launch.attrs = &attribute;
    launch.numAttrs = dependent ? 1 : 0;
    check_status(name, cudaLaunchKernelEx(&launch, run_blocks<Kernel>, kernel));
    check_launch(name);
  }

 private:
  const Cuda& cuda_;
};

}  // namespace fpanet::kernels

#else

#include "kernels/cuda/emulated.hpp"

namespace fpanet::kernels {
using CudaGrid = EmulatedGrid;
}

#endif
