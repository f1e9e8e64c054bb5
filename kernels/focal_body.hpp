#pragma once

#include <cmath>

#include "kernels/focal.hpp"
#include "kernels/loss_mean/pixel_labels.hpp"

namespace fpanet::kernels::body {

/// The binary loss of one logit, without cancellation for large z of either sign.
template <class R>
struct FocalTerm {
  R miss, hit;  ///< 1 - q, q
  R log_loss;   ///< -log q
  R focus;      ///< (1 - q)^gamma

  FPANET_HD FocalTerm(R z, R gamma) {
    const R e = std::exp(z < 0 ? z : -z), larger = 1 / (1 + e), smaller = e * larger;
    miss = z < 0 ? larger : smaller;
    hit = z < 0 ? smaller : larger;
    log_loss = (z < 0 ? -z : R(0)) + std::log1p(e);
    focus = gamma == 2 ? miss * miss : std::pow(miss, gamma);
  }

  FPANET_HD R value() const { return focus * log_loss; }
  FPANET_HD R slope(R gamma) const { return -focus * (miss + gamma * hit * log_loss); }
};

/// The terms of one pixel (forward).
template <class T>
struct FocalTerms {
  static constexpr int kSums = 2;

  const T* x;
  PixelLabels labels;
  const double* weights;
  double gamma;

  template <class S>
  FPANET_HD void add(Index pixel, S* sums) const {
    const std::int32_t label = labels.at(pixel);
    if (label < 0) return;
    using R = Real<T>;
    R total = 0;
    for (Index c = 0; c < labels.channels; ++c) {
      const R value = real(x[pixel * labels.channels + c]);
      const FocalTerm<R> term(c == label ? value : -value, static_cast<R>(gamma));
      total += static_cast<R>(weights[c]) * term.value();
    }
    sums[0] += static_cast<S>(total);
    sums[1] += S(1);
  }
};

/// The gradient of one pixel (backward).
template <class T>
struct FocalGradient {
  const T* x;
  PixelLabels labels;
  const double* weights;
  const double* dsums;
  double gamma;
  T* dx;
  Write write;

  FPANET_HD void map(Index pixel) const {
    using R = Real<T>;
    const std::int32_t label = labels.at(pixel);
    const Index first = pixel * labels.channels;
    for (Index c = 0; c < labels.channels; ++c) {
      R gradient = 0;
      if (label >= 0) {
        const R value = real(x[first + c]), sign = c == label ? R(1) : R(-1);
        const FocalTerm<R> term(sign * value, static_cast<R>(gamma));
        gradient = static_cast<R>(dsums[0] * weights[c]) * sign * term.slope(static_cast<R>(gamma));
      }
      store(dx[first + c], gradient, write);
    }
  }
};

}  // namespace fpanet::kernels::body
