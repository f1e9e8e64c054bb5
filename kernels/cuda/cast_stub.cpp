// Cuda function of cast.hpp in a build without CUDA: it throws.

#include "engine/core/bfloat16.hpp"
#include "engine/core/error.hpp"
#include "kernels/cast.hpp"

namespace fpanet::kernels {

template <class From, class To>
void cast(const Cuda&, std::span<const From>, std::span<To>, Write) {
  fail("cast: this build has no CUDA; use --device cpu or build with a CUDA toolkit");
}

template void cast(const Cuda&, std::span<const float>, std::span<bfloat16>, Write);
template void cast(const Cuda&, std::span<const bfloat16>, std::span<float>, Write);

}  // namespace fpanet::kernels
