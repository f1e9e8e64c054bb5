#include "kernels/dropout.hpp"

#include <algorithm>

#include "engine/core/parallel.hpp"
#include "kernels/dropout_body.hpp"

namespace fpanet::kernels {

template <class T>
void dropout(const Cpu& cpu, std::span<const T> x, const std::int64_t* rng, std::uint32_t stream,
             double p, std::span<T> y, Write write) {
  const body::DropoutMask mask(rng, stream, p);
  const auto scale = mask.scale<Real<T>>(p);
  const auto size = static_cast<Index>(x.size());
  parallel_chunks(cpu, size, kElementwiseChunk, [&](Index begin, Index end, Index) {
    for (Index first = begin; first < end; first += 4) {  // chunks begin at multiples of 4
      const std::array<std::uint32_t, 4> words = mask.words(first / 4);
      for (Index i = first; i < std::min(end, first + 4); ++i) {
        const auto at = static_cast<std::size_t>(i);
        const bool keep = mask.keeps(words[static_cast<std::size_t>(i - first)]);
        store(y[at], keep ? real(x[at]) * scale : Real<T>(0), write);
      }
    }
  });
}

#define FPANET_INSTANTIATE(T)                                                               \
  template void dropout(const Cpu&, std::span<const T>, const std::int64_t*, std::uint32_t, \
                        double, std::span<T>, Write)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(double);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
