#include "kernels/softmax_dice.hpp"

#include "kernels/base/scratch.hpp"

namespace fpanet::kernels {

template <class T>
std::size_t softmax_dice_workspace_bytes(const Cuda& cuda, Index pixels, Index channels) {
  return scratch_bytes<double>(3 * channels) + scratch_bytes<double>(1) + kScratchAlignment +
         softmax_class_sums_workspace_bytes<T>(cuda, pixels, channels);
}

template <class T>
void softmax_dice(const Cuda& cuda, View<const T> x, const std::int32_t* labels,
                  const DiceOptions& options, View<Real<T>> p, Real<T>* loss, double* sums,
                  std::span<std::byte> workspace) {
  Scratch scratch(workspace);
  double* const total = scratch.take<double>(1);
  softmax_class_sums<T>(cuda, x, labels, options.ignore_index, p, sums, scratch.rest());
  overlap_loss<T>(cuda, sums, overlap_of(options), loss, total);
}

template <class T>
void softmax_dice_backward(const Cuda& cuda, View<const Real<T>> p, const std::int32_t* labels,
                           const double* sums, const Real<T>* dloss, const DiceOptions& options,
                           View<T> dx, Write write, std::span<std::byte> workspace) {
  double* const dsums = Scratch(workspace).take<double>(3 * p.c);
  overlap_loss_backward<T>(cuda, sums, nullptr, dloss, overlap_of(options), dsums, Write::assign);
  softmax_class_sums_backward<T>(cuda, p, labels, dsums, options.ignore_index, dx, write);
}

#define FPANET_INSTANTIATE(T)                                                                     \
  template void softmax_dice(const Cuda&, View<const T>, const std::int32_t*, const DiceOptions&, \
                             View<float>, float*, double*, std::span<std::byte>);                 \
  template void softmax_dice_backward(const Cuda&, View<const float>, const std::int32_t*,        \
                                      const double*, const float*, const DiceOptions&, View<T>,   \
                                      Write, std::span<std::byte>);                               \
  template std::size_t softmax_dice_workspace_bytes<T>(const Cuda&, Index, Index)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
