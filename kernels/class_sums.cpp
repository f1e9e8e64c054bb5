#include "kernels/class_sums.hpp"

#include <algorithm>

#include "kernels/class_sums/chunks.hpp"
#include "kernels/class_sums_body.hpp"

namespace fpanet::kernels {
namespace {

/// Adds the sums of pixels [begin, end), whose target is 1 for the class of their label and 0 for
/// the others.
template <class T>
void add_one_hot(const T* p, const body::ClassLabels& labels, Index begin, Index end,
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
std::size_t class_sums_workspace_bytes(const Cpu&, Index pixels, Index channels) {
  return class_sums_chunks_bytes(pixels, channels);
}

template <class T>
void class_sums(const Cpu& cpu, View<const T> p, const std::int32_t* labels,
                const ClassTargets& targets, double* sums, std::span<std::byte> workspace) {
  const Index channels = p.c;
  const body::ClassLabels target(labels, channels, targets);
  const bool one_hot = targets.mode == DiceMode::multiclass;
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
        const double t = body::class_target(false, label, c);
        intersection[c] += value * t;
        predicted[c] += value;
        labelled[c] += t;
      }
    }
  };
  class_sums_by_chunks(cpu, p.pixels(), channels, sums, workspace, add_up);
}

template <class T>
void class_sums_backward(const Cpu& cpu, const std::int32_t* labels, const double* dsums,
                         const ClassTargets& targets, View<T> dp, Write write) {
  const Index channels = dp.c;
  const body::ClassLabels target(labels, channels, targets);
  const bool one_hot = targets.mode == DiceMode::multiclass;
  const double* const on_target = dsums;
  const double* const everywhere = dsums + channels;
  with_constant(write, [&](auto constant_write) {
    parallel_chunks(
        cpu, dp.pixels(), class_sums_chunk_pixels(channels), [&](Index begin, Index end, Index) {
          for (Index pixel = begin; pixel < end; ++pixel) {
            for (Index c = 0; c < channels; ++c) {
              const std::int32_t label = target.at(pixel, c);
              const double t = body::class_target(one_hot, label, c);
              const double slope = target.ignored(label) ? 0 : on_target[c] * t + everywhere[c];
              store(dp.data[pixel * channels + c], static_cast<Real<T>>(slope), constant_write);
            }
          }
        });
  });
}

#define FPANET_INSTANTIATE(T)                                                                   \
  template void class_sums(const Cpu&, View<const T>, const std::int32_t*, const ClassTargets&, \
                           double*, std::span<std::byte>);                                      \
  template void class_sums_backward(const Cpu&, const std::int32_t*, const double*,             \
                                    const ClassTargets&, View<T>, Write);                       \
  template std::size_t class_sums_workspace_bytes<T>(const Cpu&, Index, Index)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(double);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
