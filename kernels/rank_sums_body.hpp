#pragma once
// Per-element bodies of rank_sums.

#include "engine/core/index.hpp"
#include "kernels/base/body.hpp"

namespace fpanet::kernels {

template <class T>
FPANET_HD inline Real<T> sum_of_ranks(const T* x, Index ranks, Index stride, Index i) {
  if (ranks == 0) return 0;
  Real<T> total = real(x[i]);
  for (Index r = 1; r < ranks; ++r) total += real(x[r * stride + i]);
  return total;
}

FPANET_HD inline void statistics_of_ranks(const double* gathered, const double* shares, Index ranks,
                                          Index channels, Index c, double* whole) {
  double mean = 0, variance = 0;
  for (Index r = 0; r < ranks; ++r) mean += shares[r] * gathered[r * 2 * channels + c];
  for (Index r = 0; r < ranks; ++r) {
    const double* const of = gathered + r * 2 * channels;
    const double apart = of[c] - mean;
    variance += shares[r] * (of[channels + c] + apart * apart);
  }
  whole[c] = mean;
  whole[channels + c] = variance;
}

}  // namespace fpanet::kernels
