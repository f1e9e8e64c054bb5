#include "engine/core/cuda_memory.hpp"

#include "engine/core/cuda_check.hpp"

namespace fpanet {
namespace {

/// The calling thread's current card, for as long as this lives.
class CurrentDevice {
 public:
  explicit CurrentDevice(int index) {
    FPANET_CUDA_CHECK(cudaGetDevice(&before_));
    FPANET_CUDA_CHECK(cudaSetDevice(index));
  }
  ~CurrentDevice() { cudaSetDevice(before_); }
  CurrentDevice(const CurrentDevice&) = delete;
  CurrentDevice& operator=(const CurrentDevice&) = delete;

 private:
  int before_ = 0;
};

}  // namespace

void* cuda_allocate(std::size_t bytes, int index) {
  const CurrentDevice current(index);
  void* pointer = nullptr;
  const cudaError_t error = cudaMalloc(&pointer, bytes);
  if (error == cudaErrorMemoryAllocation) {
    cudaGetLastError();  // reported by the caller: later checks must not see it again
    return nullptr;
  }
  FPANET_CUDA_CHECK(error);
  return pointer;
}

void cuda_free(void* pointer, int index) noexcept {
  int before = 0;
  // An error here is one that an earlier call has thrown for: a destructor has nothing to add.
  cudaGetDevice(&before);
  cudaSetDevice(index);
  cudaFree(pointer);
  cudaSetDevice(before);
}

void cuda_copy(void* to, Device to_device, const void* from, Device from_device,
               std::size_t bytes) {
  const CurrentDevice current(to_device.is_cpu() ? from_device.index : to_device.index);
  FPANET_CUDA_CHECK(cudaMemcpy(to, from, bytes, cudaMemcpyDefault));
}

void cuda_zero(void* pointer, int index, std::size_t bytes) {
  const CurrentDevice current(index);
  FPANET_CUDA_CHECK(cudaMemset(pointer, 0, bytes));
}

}  // namespace fpanet
