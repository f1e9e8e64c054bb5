#include "kernels/rank_sums.hpp"

#include "kernels/base/elementwise.hpp"
#include "kernels/rank_sums_body.hpp"

namespace fpanet::kernels {

template <class T>
void sum_ranks(const Cpu& cpu, const T* x, Index ranks, Index stride, std::span<T> y, Write write) {
  elementwise(cpu, y, write, [=](Index i) { return sum_of_ranks(x, ranks, stride, i); });
}

#define FPANET_INSTANTIATE(T) \
  template void sum_ranks(const Cpu&, const T*, Index, Index, std::span<T>, Write)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(double);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

void rank_statistics(const Cpu&, const double* gathered, std::span<const double> shares,
                     Index channels, double* whole) {
  for (Index c = 0; c < channels; ++c) {
    statistics_of_ranks(gathered, shares.data(), std::ssize(shares), channels, c, whole);
  }
}

}  // namespace fpanet::kernels
