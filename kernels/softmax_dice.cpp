#include "kernels/softmax_dice.hpp"

#include <algorithm>
#include <type_traits>

#include "kernels/dice/chunks.hpp"
#include "kernels/softmax.hpp"
#include "kernels/softmax/class_rows.hpp"
#include "kernels/softmax_dice_body.hpp"

namespace fpanet::kernels {

template <class T>
std::size_t softmax_dice_workspace_bytes(const Cpu& cpu, Index pixels, Index channels) {
  return std::max(softmax_workspace_bytes<Real<T>>(cpu, pixels, channels),
                  dice_workspace_bytes<Real<T>>(cpu, pixels, channels));
}

template <class T>
void softmax_dice(const Cpu& cpu, View<const T> x, const std::int32_t* labels,
                  const DiceOptions& options, View<Real<T>> p, Real<T>* loss, double* sums,
                  std::span<std::byte> workspace) {
  if constexpr (std::is_same_v<Real<T>, float>) {
    const body::DiceLabels target(labels, x.c, options);
    const ClassRows& rows = class_rows();
    const auto add_up = [&](Index begin, Index end, double* chunk_sums) {
      const float* logits = p.data;
      if constexpr (kRounded<T>) {
        for (Index j = begin * x.c; j < end * x.c; ++j) p.data[j] = real(x.data[j]);
      } else {
        logits = x.data;
      }
      rows.softmax_dice(logits, target, begin, end, p.data, chunk_sums);
    };
    *loss =
        static_cast<float>(dice_by_chunks(cpu, x.pixels(), x.c, options, sums, workspace, add_up));
  } else {
    softmax<T>(cpu, {x.data, 1, x.pixels(), x.c}, p.data, workspace);
    dice<T>(cpu, p, labels, options, loss, sums, workspace);
  }
}

template <class T>
void softmax_dice_backward(const Cpu& cpu, View<const Real<T>> p, const std::int32_t* labels,
                           const double* sums, const Real<T>* dloss, const DiceOptions& options,
                           View<T> dx, Write write, std::span<std::byte>) {
  const Index channels = p.c;
  const body::DiceLabels target(labels, channels, options);
  body::DicePixelSlopes<Real<T>> slopes[kSoftmaxDiceClasses];
  for (Index c = 0; c < channels; ++c) {
    const double outer = static_cast<double>(*dloss) * options.weights[static_cast<std::size_t>(c)];
    slopes[c] = body::DicePixelSlopes<Real<T>>(
        body::dice_slopes(body::dice_class(sums, channels, c), options.log_loss, options.smooth,
                          options.eps)
            .times(outer));
  }
  const auto gradients = [&](Index begin, Index end, Index) {
    if constexpr (std::is_same_v<T, float>) {
      class_rows().softmax_dice_gradients(p.data, target, slopes, begin, end, dx.data, write);
    } else {
      for (Index pixel = begin; pixel < end; ++pixel) {
        const std::int32_t label = target.at(pixel, 0);
        Real<T> gradient[kSoftmaxDiceClasses] = {};
        if (!target.ignored(label)) {
          body::softmax_dice_gradient(p.data + pixel * channels, slopes, label, channels, gradient);
        }
        for (Index c = 0; c < channels; ++c) {
          store(dx.data[pixel * channels + c], gradient[c], write);
        }
      }
    }
  };
  parallel_chunks(cpu, p.pixels(), dice_chunk_pixels(channels), gradients);
}

#define FPANET_INSTANTIATE(T)                                                                     \
  template void softmax_dice(const Cpu&, View<const T>, const std::int32_t*, const DiceOptions&,  \
                             View<Real<T>>, Real<T>*, double*, std::span<std::byte>);             \
  template void softmax_dice_backward(const Cpu&, View<const Real<T>>, const std::int32_t*,       \
                                      const double*, const Real<T>*, const DiceOptions&, View<T>, \
                                      Write, std::span<std::byte>);                               \
  template std::size_t softmax_dice_workspace_bytes<T>(const Cpu&, Index, Index)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(double);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
