#include "kernels/dropout.hpp"

#include <algorithm>
#include <array>

#include "engine/core/parallel.hpp"
#include "engine/core/rng.hpp"

namespace fpanet::kernels {

template <class T>
void dropout(const Cpu& cpu, std::span<const T> x, const std::int64_t* rng, std::uint32_t stream,
             double p, std::span<T> y, Write write) {
  const auto low = [](std::uint64_t word) { return static_cast<std::uint32_t>(word); };
  const auto high = [](std::uint64_t word) { return static_cast<std::uint32_t>(word >> 32); };
  const auto seed = static_cast<std::uint64_t>(rng[0]), step = static_cast<std::uint64_t>(rng[1]);
  const auto threshold = static_cast<std::uint64_t>(p * 0x1p32);  // 2^32 for p = 1: none is kept
  const T scale = p < 1 ? static_cast<T>(1 / (1 - p)) : T(0);
  const auto size = static_cast<Index>(x.size());
  parallel_chunks(cpu, size, kElementwiseChunk, [&](Index begin, Index end, Index) {
    for (Index first = begin; first < end; first += 4) {  // chunks begin at multiples of 4
      const std::array<std::uint32_t, 4> words =
          philox4x32({low(seed), high(seed)},
                     {static_cast<std::uint32_t>(first / 4), low(step), high(step), stream});
      for (Index i = first; i < std::min(end, first + 4); ++i) {
        const auto at = static_cast<std::size_t>(i);
        const bool keep = words[static_cast<std::size_t>(i - first)] >= threshold;
        store(y[at], keep ? x[at] * scale : T(0), write);
      }
    }
  });
}

#define FPANET_INSTANTIATE(T)                                                               \
  template void dropout(const Cpu&, std::span<const T>, const std::int64_t*, std::uint32_t, \
                        double, std::span<T>, Write)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(double);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
