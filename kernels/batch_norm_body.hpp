#pragma once

#include <cmath>
#include <cstdint>

#include "kernels/base/body.hpp"
#include "kernels/channel_statistics_body.hpp"
#include "kernels/relu_body.hpp"

namespace fpanet::kernels::body {

template <class R>
FPANET_HD inline void update_running(R& mean, R& var, const Moments& batch, double pixels,
                                     double momentum) {
  const double unbiased = batch.var * pixels / (pixels - 1);
  mean = static_cast<R>((1 - momentum) * static_cast<double>(mean) + momentum * batch.mean);
  var = static_cast<R>((1 - momentum) * static_cast<double>(var) + momentum * unbiased);
}

/// Coefficients of the normalisation. The mean is rounded to R; `shift` compensates for that
/// rounding.
template <class R>
struct BatchNormAffine {
  R mean = 0, scale = 0, shift = 0;
};

template <class R>
FPANET_HD inline BatchNormAffine<R> batch_norm_affine(double mean, double invstd, R weight,
                                                      R bias) {
  const double slope = invstd * static_cast<double>(weight);
  const R rounded = static_cast<R>(mean);
  return {
      rounded, static_cast<R>(slope),
      static_cast<R>(static_cast<double>(bias) + (static_cast<double>(rounded) - mean) * slope)};
}

template <class R>
FPANET_HD inline R normalise(R x, R mean, R scale, R bias) {
  return (x - mean) * scale + bias;
}

/// The coefficients of a channel in dx = scale * (g - offset - (x - mean) * slope).
template <class R>
struct BatchNormSlopes {
  R scale = 0, offset = 0, slope = 0;
};

/// sum_g is sum_p g and sum_gx is sum_p g (x - mean).
template <class R>
FPANET_HD inline BatchNormSlopes<R> batch_norm_slopes(double weight, double invstd, double sum_g,
                                                      double sum_gx, double pixels,
                                                      bool batch_statistics) {
  BatchNormSlopes<R> s;
  s.scale = static_cast<R>(weight * invstd);
  if (batch_statistics) {
    s.offset = static_cast<R>(sum_g / pixels);
    s.slope = static_cast<R>(sum_gx * invstd * invstd / pixels);
  }
  return s;
}

template <class R>
FPANET_HD inline R batch_norm_gradient(R x, R g, R mean, R scale, R offset, R slope) {
  return scale * (g - offset - (x - mean) * slope);
}

}  // namespace fpanet::kernels::body
