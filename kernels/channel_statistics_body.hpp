#pragma once

#include "engine/core/index.hpp"
#include "kernels/base/body.hpp"

namespace fpanet::kernels::body {

/// Of all P pixels of one channel.
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

}  // namespace fpanet::kernels::body
