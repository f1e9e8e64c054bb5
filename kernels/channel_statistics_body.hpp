#pragma once

#include "engine/core/index.hpp"
#include "kernels/base/body.hpp"

namespace fpanet::kernels::body {

/// Moments of all P pixels of one channel.
struct Moments {
  double mean = 0;
  double var = 0;  ///< biased: divided by P
};

/// Moments of a chunk of n pixels, from s1 = sum (x - shift) and s2 = sum (x - shift)^2. `shift` is
/// near the values of the channel, so that there is little cancellation.
struct ChunkMoments {
  double mean = 0;
  double square = 0;  ///< sum of squared deviations from the mean
};
FPANET_HD inline ChunkMoments shifted_moments(double shift, double s1, double s2, double n) {
  return {shift + s1 / n, s2 - s1 * s1 / n};
}

/// Chan's combination for many chunks at once: chunk k has rows(k) pixels, with mean means[k *
/// stride] and sum of squared deviations squares[k * stride] from that mean.
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

}  // namespace fpanet::kernels::body
