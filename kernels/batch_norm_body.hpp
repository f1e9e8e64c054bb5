#pragma once

#include <cmath>
#include <cstdint>

#include "engine/core/index.hpp"
#include "kernels/body.hpp"
#include "kernels/relu_body.hpp"

namespace fpanet::kernels::body {

/// Sums over the P pixels of one channel, from its per-chunk sums.
struct Moments {
  double mean = 0;
  double var = 0;  ///< biased: divided by P
};

/// Of a chunk of n pixels, from s1 = sum (x - shift) and s2 = sum (x - shift)^2, where `shift` is
/// some x of the channel, so that little cancels.
struct ChunkMoments {
  double mean = 0;
  double square = 0;  ///< sum of squared deviations from it
};
FPANET_HD inline ChunkMoments shifted_moments(double shift, double s1, double s2, double n) {
  return {shift + s1 / n, s2 - s1 * s1 / n};
}

/// Chan's combination for many groups at once: chunk k holds rows(k) pixels with mean means[k *
/// stride] and squared deviations squares[k * stride] from it.
template <class Rows>
FPANET_HD inline Moments combine_moments(const double* means, const double* squares, Index chunks,
                                         Index stride, double pixels, const Rows& rows) {
  double sum = 0;
  for (Index k = 0; k < chunks; ++k) sum += rows(k) * means[k * stride];
  const double mean = sum / pixels;
  double square = 0;
  for (Index k = 0; k < chunks; ++k) {
    const double apart = means[k * stride] - mean;
    square += squares[k * stride] + rows(k) * apart * apart;
  }
  return {mean, square / pixels};
}

template <class R>
FPANET_HD inline void update_running(R& mean, R& var, const Moments& batch, double pixels,
                                     double momentum) {
  const double unbiased = batch.var * pixels / (pixels - 1);
  mean = static_cast<R>((1 - momentum) * static_cast<double>(mean) + momentum * batch.mean);
  var = static_cast<R>((1 - momentum) * static_cast<double>(var) + momentum * unbiased);
}

/// Factors of the normalisation. The mean is rounded to R; what that loses is in `shift`.
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

/// The three numbers that dx = scale * (g - offset - (x - mean) * slope) needs of a channel.
template <class R>
struct BatchNormSlopes {
  R scale = 0, offset = 0, slope = 0;
};

/// sum_g = sum_p g and sum_gx = sum_p g (x - mean).
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
