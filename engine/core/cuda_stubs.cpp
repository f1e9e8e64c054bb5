// engine/core's CUDA sources in a build without CUDA: there is no card, and using one throws.

#include "engine/core/cuda_device.hpp"
#include "engine/core/cuda_memory.hpp"
#include "engine/core/error.hpp"

namespace fpanet {

namespace {

constexpr const char* kNoCuda =
    "this build has no CUDA support; configure with -DFPANET_CUDA=ON or use --device cpu";

[[noreturn]] void no_cuda() {
  fail("cuda: {}", kNoCuda);
}

}  // namespace

Cuda open_cuda(int, const CudaOptions&) {
  no_cuda();
}
CudaSupport cuda_support() {
  CudaSupport support;
  support.problem = kNoCuda;
  return support;
}

void* cuda_allocate(std::size_t, int) {
  no_cuda();
}
void cuda_free(void*, int) noexcept {}
void cuda_copy(void*, Device, const void*, Device, std::size_t) {
  no_cuda();
}
void cuda_zero(void*, int, std::size_t) {
  no_cuda();
}

}  // namespace fpanet
