#include "kernels/softmax_class_sums.hpp"

#include <algorithm>
#include <type_traits>

#include "kernels/class_sums/chunks.hpp"
#include "kernels/softmax.hpp"
#include "kernels/softmax/class_rows.hpp"
#include "kernels/softmax_class_sums_body.hpp"

namespace fpanet::kernels {

template <class T>
std::size_t softmax_class_sums_workspace_bytes(const Cpu& cpu, Index pixels, Index channels) {
  return std::max(softmax_workspace_bytes<Real<T>>(cpu, pixels, channels),
                  class_sums_workspace_bytes<Real<T>>(cpu, pixels, channels));
}

template <class T>
void softmax_class_sums(const Cpu& cpu, View<const T> x, const std::int32_t* labels,
                        std::optional<Index> ignore_index, View<Real<T>> p, double* sums,
                        std::span<std::byte> workspace) {
  const ClassTargets targets{.ignore_index = ignore_index};
  if constexpr (std::is_same_v<Real<T>, float>) {
    const body::ClassLabels target(labels, x.c, targets);
    const ClassRows& rows = class_rows();
    const auto add_up = [&](Index begin, Index end, double* chunk_sums) {
      const float* logits = p.data;
      if constexpr (kRounded<T>) {
        for (Index j = begin * x.c; j < end * x.c; ++j) p.data[j] = real(x.data[j]);
      } else {
        logits = x.data;
      }
      rows.softmax_sums(logits, target, begin, end, p.data, chunk_sums);
    };
    class_sums_by_chunks(cpu, x.pixels(), x.c, sums, workspace, add_up);
  } else {
    softmax<T>(cpu, {x.data, 1, x.pixels(), x.c}, p.data, workspace);
    class_sums<T>(cpu, p, labels, targets, sums, workspace);
  }
}

template <class T>
void softmax_class_sums_backward(const Cpu& cpu, View<const Real<T>> p, const std::int32_t* labels,
                                 const double* dsums, std::optional<Index> ignore_index, View<T> dx,
                                 Write write) {
  const Index channels = p.c;
  const body::ClassLabels target(labels, channels, {.ignore_index = ignore_index});
  body::ClassSlopes<Real<T>> slopes[kSoftmaxSumClasses];
  for (Index c = 0; c < channels; ++c) slopes[c] = {dsums, channels, c};
  const auto gradients = [&](Index begin, Index end, Index) {
    if constexpr (std::is_same_v<T, float>) {
      class_rows().softmax_sums_gradients(p.data, target, slopes, begin, end, dx.data, write);
    } else {
      for (Index pixel = begin; pixel < end; ++pixel) {
        const std::int32_t label = target.at(pixel, 0);
        Real<T> gradient[kSoftmaxSumClasses] = {};
        if (!target.ignored(label)) {
          body::softmax_sums_gradient(p.data + pixel * channels, slopes, label, channels, gradient);
        }
        for (Index c = 0; c < channels; ++c) {
          store(dx.data[pixel * channels + c], gradient[c], write);
        }
      }
    }
  };
  parallel_chunks(cpu, p.pixels(), class_sums_chunk_pixels(channels), gradients);
}

#define FPANET_INSTANTIATE(T)                                                                     \
  template void softmax_class_sums(const Cpu&, View<const T>, const std::int32_t*,                \
                                   std::optional<Index>, View<Real<T>>, double*,                  \
                                   std::span<std::byte>);                                         \
  template void softmax_class_sums_backward(const Cpu&, View<const Real<T>>, const std::int32_t*, \
                                            const double*, std::optional<Index>, View<T>, Write); \
  template std::size_t softmax_class_sums_workspace_bytes<T>(const Cpu&, Index, Index)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(double);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
