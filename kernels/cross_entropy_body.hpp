#pragma once

#include <cmath>

#include "engine/core/index.hpp"
#include "kernels/cross_entropy.hpp"
#include "kernels/loss_mean/pixel_labels.hpp"

namespace fpanet::kernels::body {

/// The terms of one pixel (forward).
template <class T>
struct CrossEntropyTerms {
  static constexpr int kSums = 2;

  const T* x;
  const Real<T>* p;
  PixelLabels labels;
  const double* weights;
  double smoothing;

  template <class S>
  FPANET_HD void add(Index pixel, S* sums) const {
    const std::int32_t label = labels.at(pixel);
    if (label < 0) return;
    using R = Real<T>;
    const Index channels = labels.channels;
    const T* const logits = x + pixel * channels;
    const R* const probabilities = p + pixel * channels;
    Index likeliest = 0;
    for (Index c = 1; c < channels; ++c) {
      if (probabilities[c] > probabilities[likeliest]) likeliest = c;
    }
    // -log p_c = offset - x_c
    const R offset = real(logits[likeliest]) - std::log(probabilities[likeliest]);
    const auto weight = static_cast<R>(weights[label]);
    R term = weight * (offset - real(logits[label]));
    if (smoothing != 0) {
      R all = 0;
      for (Index c = 0; c < channels; ++c) {
        all += static_cast<R>(weights[c]) * (offset - real(logits[c]));
      }
      const R share = static_cast<R>(smoothing / static_cast<double>(channels));
      term = static_cast<R>(1 - smoothing) * term + share * all;
    }
    sums[0] += static_cast<S>(term);
    sums[1] += static_cast<S>(weight);
  }
};

/// The gradient of one pixel (backward).
template <class T>
struct CrossEntropyGradient {
  using R = Real<T>;

  const R* p;
  PixelLabels labels;
  const double* weights;
  const double* dsums;
  double smoothing;
  T* dx;
  Write write;

  FPANET_HD void map(Index pixel) const {
    const Index channels = labels.channels;
    const R* const probabilities = p + pixel * channels;
    T* const gradient = dx + pixel * channels;
    const std::int32_t label = labels.at(pixel);
    if (label < 0) {
      for (Index c = 0; c < channels; ++c) store(gradient[c], R(0), write);
      return;
    }
    const double outer = dsums[0];
    const R hard = static_cast<R>(outer * (1 - smoothing) * weights[label]);
    if (smoothing == 0) {
      for (Index c = 0; c < channels; ++c) {
        store(gradient[c], hard * (probabilities[c] - R(c == label)), write);
      }
      return;
    }
    double total = 0;
    for (Index c = 0; c < channels; ++c) total += weights[c];
    const double share = outer * smoothing / static_cast<double>(channels);
    const R soft = static_cast<R>(share * total);
    for (Index c = 0; c < channels; ++c) {
      const R of_class = static_cast<R>(share * weights[c]);
      store(gradient[c],
            hard * (probabilities[c] - R(c == label)) + (soft * probabilities[c] - of_class),
            write);
    }
  }
};

}  // namespace fpanet::kernels::body
