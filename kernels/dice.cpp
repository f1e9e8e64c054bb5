#include "kernels/dice.hpp"

#include <algorithm>

#include "engine/core/parallel.hpp"
#include "kernels/base/scratch.hpp"
#include "kernels/dice/chunks.hpp"
#include "kernels/dice_body.hpp"

namespace fpanet::kernels {
namespace {

/// Adds the sums of pixels [begin, end), whose target is 1 for the class of their label and 0 for
/// the others.
template <class T>
void add_one_hot(const T* p, const body::DiceLabels& labels, Index begin, Index end,
                 double* intersection, double* predicted, double* labelled) {
  const Index channels = labels.channels;
  for (Index pixel = begin; pixel < end; ++pixel) {
    const std::int32_t label = labels.at(pixel, 0);
    if (labels.ignored(label)) continue;
    const T* const values = p + pixel * channels;
    for (Index c = 0; c < channels; ++c) predicted[c] += static_cast<double>(real(values[c]));
    if (label < 0 || label >= channels) continue;
    intersection[label] += static_cast<double>(real(values[label]));
    labelled[label] += 1;
  }
}

}  // namespace

template <class T>
std::size_t dice_workspace_bytes(const Cpu&, Index pixels, Index channels) {
  return dice_chunks_bytes(pixels, channels);
}

template <class T>
void dice(const Cpu& cpu, View<const T> p, const std::int32_t* labels, const DiceOptions& options,
          Real<T>* loss, double* sums, std::span<std::byte> workspace) {
  const Index channels = p.c;
  const body::DiceLabels target(labels, channels, options);
  const bool one_hot = options.mode == DiceMode::multiclass;
  const auto add_up = [&](Index begin, Index end, double* chunk_sums) {
    double* const intersection = chunk_sums;
    double* const predicted = intersection + channels;
    double* const labelled = predicted + channels;
    std::fill_n(intersection, 3 * channels, 0.0);
    if (one_hot) {
      add_one_hot(p.data, target, begin, end, intersection, predicted, labelled);
      return;
    }
    for (Index pixel = begin; pixel < end; ++pixel) {
      for (Index c = 0; c < channels; ++c) {
        const std::int32_t label = target.at(pixel, c);
        if (target.ignored(label)) continue;
        const auto value = static_cast<double>(real(p.data[pixel * channels + c]));
        const double t = body::dice_target(false, label, c);
        intersection[c] += value * t;
        predicted[c] += value;
        labelled[c] += t;
      }
    }
  };
  *loss = static_cast<Real<T>>(
      dice_by_chunks(cpu, p.pixels(), channels, options, sums, workspace, add_up));
}

template <class T>
void dice_backward(const Cpu& cpu, const std::int32_t* labels, const double* sums,
                   const Real<T>* dloss, const DiceOptions& options, View<T> dp, Write write,
                   std::span<std::byte> workspace) {
  const Index channels = dp.c;
  const body::DiceLabels target(labels, channels, options);
  const bool one_hot = options.mode == DiceMode::multiclass;
  auto* const slopes = Scratch(workspace).take<body::DiceSlopes>(channels);
  for (Index c = 0; c < channels; ++c) {
    const double outer = static_cast<double>(*dloss) * options.weights[static_cast<std::size_t>(c)];
    slopes[c] = body::dice_slopes(body::dice_class(sums, channels, c), options.log_loss,
                                  options.smooth, options.eps)
                    .times(outer);
  }
  with_constant(write, [&](auto constant_write) {
    parallel_chunks(
        cpu, dp.pixels(), dice_chunk_pixels(channels), [&](Index begin, Index end, Index) {
          for (Index pixel = begin; pixel < end; ++pixel) {
            for (Index c = 0; c < channels; ++c) {
              const std::int32_t label = target.at(pixel, c);
              const double t = body::dice_target(one_hot, label, c);
              const double slope =
                  target.ignored(label) ? 0 : slopes[c].on_target * t + slopes[c].everywhere;
              store(dp.data[pixel * channels + c], static_cast<Real<T>>(slope), constant_write);
            }
          }
        });
  });
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
