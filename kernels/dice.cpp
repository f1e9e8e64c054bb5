#include "kernels/dice.hpp"

#include "kernels/base/scratch.hpp"

namespace fpanet::kernels {

template <class T>
std::size_t dice_workspace_bytes(const Cpu& cpu, Index pixels, Index channels) {
  return scratch_bytes<double>(3 * channels) + scratch_bytes<double>(1) + kScratchAlignment +
         class_sums_workspace_bytes<T>(cpu, pixels, channels);
}

template <class T>
void dice(const Cpu& cpu, View<const T> p, const std::int32_t* labels, const DiceOptions& options,
          Real<T>* loss, double* sums, std::span<std::byte> workspace) {
  Scratch scratch(workspace);
  double* const total = scratch.take<double>(1);
  class_sums<T>(cpu, p, labels, targets_of(options), sums, scratch.rest());
  overlap_loss<T>(cpu, sums, overlap_of(options), loss, total);
}

template <class T>
void dice_backward(const Cpu& cpu, const std::int32_t* labels, const double* sums,
                   const Real<T>* dloss, const DiceOptions& options, View<T> dp, Write write,
                   std::span<std::byte> workspace) {
  double* const dsums = Scratch(workspace).take<double>(3 * dp.c);
  overlap_loss_backward<T>(cpu, sums, nullptr, dloss, overlap_of(options), dsums, Write::assign);
  class_sums_backward<T>(cpu, labels, dsums, targets_of(options), dp, write);
}

#define FPANET_INSTANTIATE(T)                                                                      \
  template void dice(const Cpu&, View<const T>, const std::int32_t*, const DiceOptions&, Real<T>*, \
                     double*, std::span<std::byte>);                                               \
  template void dice_backward(const Cpu&, const std::int32_t*, const double*, const Real<T>*,      \
                              const DiceOptions&, View<T>, Write, std::span<std::byte>);           \
  template std::size_t dice_workspace_bytes<T>(const Cpu&, Index, Index)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(double);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
