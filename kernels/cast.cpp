#include "kernels/cast.hpp"

#include "engine/core/parallel.hpp"
#include "kernels/base/body.hpp"

namespace fpanet::kernels {

template <class From, class To>
void cast(const Cpu& cpu, std::span<const From> x, std::span<To> y, Write write) {
  const auto size = static_cast<Index>(y.size());
  parallel_chunks(cpu, size, kElementwiseChunk, [&](Index begin, Index end, Index) {
    const From* const from = x.data();
    To* const to = y.data();
    for (Index i = begin; i < end; ++i) {
      const auto value = static_cast<Real<To>>(from[i]);
      to[i] = To(write == Write::assign ? value : static_cast<Real<To>>(to[i]) + value);
    }
  });
}

template void cast(const Cpu&, std::span<const float>, std::span<bfloat16>, Write);
template void cast(const Cpu&, std::span<const bfloat16>, std::span<float>, Write);
template void cast(const Cpu&, std::span<const double>, std::span<double>, Write);

}  // namespace fpanet::kernels
