#include "engine/core/cuda_memory.hpp"
#include "engine/core/error.hpp"

namespace fpanet {

namespace {
[[noreturn]] void no_cuda() {
  fail("cuda: this build has no CUDA support; configure with -DFPANET_CUDA=ON or use --device cpu");
}
}  // namespace

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
