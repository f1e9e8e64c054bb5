#include "kernels/dice.hpp"

#include "kernels/base/scratch.hpp"

namespace fpanet::kernels {

template <class T>
std::size_t dice_workspace_bytes(const Cuda& cuda, Index pixels, Index channels) {
  return scratch_bytes<double>(3 * channels) + scratch_bytes<double>(1) + kScratchAlignment +
         class_sums_workspace_bytes<T>(cuda, pixels, channels);
}

template <class T>
void dice(const Cuda& cuda, View<const T> p, const std::int32_t* labels, const DiceOptions& options,
          Real<T>* loss, double* sums, std::span<std::byte> workspace) {
  Scratch scratch(workspace);
  double* const total = scratch.take<double>(1);
  class_sums<T>(cuda, p, labels, targets_of(options), sums, scratch.rest());
  overlap_loss<T>(cuda, sums, overlap_of(options), loss, total);
}

template <class T>
void dice_backward(const Cuda& cuda, const std::int32_t* labels, const double* sums,
                   const Real<T>* dloss, const DiceOptions& options, View<T> dp, Write write,
                   std::span<std::byte> workspace) {
  double* const dsums = Scratch(workspace).take<double>(3 * dp.c);
  overlap_loss_backward<T>(cuda, sums, nullptr, dloss, overlap_of(options), dsums, Write::assign);
  class_sums_backward<T>(cuda, labels, dsums, targets_of(options), dp, write);
}

#define FPANET_INSTANTIATE(T)                                                                     \
  template void dice(const Cuda&, View<const T>, const std::int32_t*, const DiceOptions&, float*, \
                     double*, std::span<std::byte>);                                              \
  template void dice_backward(const Cuda&, const std::int32_t*, const double*, const float*,      \
                              const DiceOptions&, View<T>, Write, std::span<std::byte>);          \
  template std::size_t dice_workspace_bytes<T>(const Cuda&, Index, Index)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
