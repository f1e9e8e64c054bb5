#include "kernels/lovasz.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/loss_mean/pixel_sums.hpp"
#include "kernels/lovasz_body.hpp"

namespace fpanet::kernels {
namespace {

template <class T>
struct PixelError {
  T error;  ///< 2 for one that is no number: sorting needs an order
  std::int32_t pixel;
};

/// Loss and slopes of one class in a group of pixels; -1 if the class is absent.
template <class T>
double class_loss(View<const T> p, const body::PixelLabels& labels, Index c, Index first,
                  Index count, PixelError<T>* errors, T* slopes) {
  Index counted = 0, labelled = 0;
  for (Index i = 0; i < count; ++i) {
    const Index pixel = first + i;
    slopes[pixel * p.c + c] = 0;
    const std::int32_t label = labels.at(pixel);
    if (label < 0) continue;
    const T value = p.data[pixel * p.c + c], error = label == c ? 1 - value : value;
    errors[counted++] = {std::isnan(error) ? T(2) : error, static_cast<std::int32_t>(i)};
    labelled += label == c ? 1 : 0;
  }
  if (labelled == 0) return -1;
  std::sort(errors, errors + counted, [](const PixelError<T>& a, const PixelError<T>& b) {
    return a.error != b.error ? a.error > b.error : a.pixel < b.pixel;
  });
  double loss = 0;
  Index hits = 0;
  for (Index k = 0; k < counted; ++k) {
    const auto [error, i] = errors[k];
    const Index pixel = first + i;
    const bool has_label = labels.at(pixel) == c;
    hits += has_label ? 1 : 0;
    const double step = body::lovasz_step(static_cast<double>(labelled), static_cast<double>(k + 1),
                                          static_cast<double>(hits), has_label);
    slopes[pixel * p.c + c] = static_cast<T>(has_label ? -step : step);
    loss +=
        step * (error > 1 ? std::numeric_limits<double>::quiet_NaN() : static_cast<double>(error));
  }
  return loss;
}

}  // namespace

template <class T>
std::size_t lovasz_workspace_bytes(const Cpu&, View<const T> p, const LovaszOptions& options) {
  return scratch_bytes<PixelError<T>>(p.pixels() * p.c) +
         scratch_bytes<double>(options.groups(p.n) * p.c) + kScratchAlignment;
}

template <class T>
void lovasz(const Cpu& cpu, View<const T> p, const std::int32_t* labels,
            const LovaszOptions& options, T* loss, T* slopes, double* present,
            std::span<std::byte> workspace) {
  const body::PixelLabels target(labels, p.c, options.ignore_index);
  const Index groups = options.groups(p.n), count = p.pixels() / groups;
  Scratch scratch(workspace);
  auto* const errors = scratch.take<PixelError<T>>(p.pixels() * p.c);
  double* const losses = scratch.take<double>(groups * p.c);
  parallel_for(cpu, groups * p.c, [&](Index i) {
    losses[i] = class_loss(p, target, i % p.c, i / p.c * count, count, errors + i * count, slopes);
  });
  body::LovaszTotal total;
  for (Index g = 0; g < groups; ++g) {
    present[g] = static_cast<double>(total.add(losses + g * p.c, p.c));
  }
  *loss = static_cast<T>(total.mean());
}

template <class T>
void lovasz_backward(const Cpu& cpu, View<const Real<T>> p, const Real<T>* slopes,
                     const double* present, const Real<T>* dloss, const LovaszOptions& options,
                     T* dx, Write write) {
  const Index groups = options.groups(p.n);
  map_pixels(cpu, p.pixels(), p.c,
             body::LovaszGradient<T>{p.data, slopes, present, dloss, p.c, p.pixels() / groups,
                                     groups, dx, write});
}

#define FPANET_INSTANTIATE(T)                                                                    \
  template void lovasz(const Cpu&, View<const T>, const std::int32_t*, const LovaszOptions&, T*, \
                       T*, double*, std::span<std::byte>);                                       \
  template std::size_t lovasz_workspace_bytes(const Cpu&, View<const T>, const LovaszOptions&)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(double);
#undef FPANET_INSTANTIATE

#define FPANET_INSTANTIATE(T)                                                                   \
  template void lovasz_backward(const Cpu&, View<const Real<T>>, const Real<T>*, const double*, \
                                const Real<T>*, const LovaszOptions&, T*, Write)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(double);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
