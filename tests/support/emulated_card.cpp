// Memory of the emulated cards (kernels/cuda_emulated.hpp): the host's.

#include <cstdlib>
#include <cstring>

#include "engine/core/cuda_memory.hpp"

namespace fpanet {

void* cuda_allocate(std::size_t bytes, int) {
  constexpr std::size_t kAlignment = 256;  // as cudaMalloc
  void* const memory =
      std::aligned_alloc(kAlignment, (bytes + kAlignment - 1) / kAlignment * kAlignment);
  if (memory != nullptr) std::memset(memory, 0xff, bytes);  // NaN: reading before writing shows
  return memory;
}

void cuda_free(void* pointer, int) noexcept {
  std::free(pointer);
}

void cuda_copy(void* to, Device, const void* from, Device, std::size_t bytes) {
  std::memcpy(to, from, bytes);
}

void cuda_zero(void* pointer, int, std::size_t bytes) {
  std::memset(pointer, 0, bytes);
}

}  // namespace fpanet
