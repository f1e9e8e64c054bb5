#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

#include "kernels/body.hpp"

namespace fpanet::kernels::body {

/// x - max, but no lower than what exp has a normal number for (exp(-87) is 1.6e-38).
template <class T>
FPANET_HD inline T shifted_by_largest(T x, T max) {
  constexpr T kLowest = sizeof(T) == sizeof(double) ? T(-700) : T(-87);
  const T shifted = x - max;
  return shifted < kLowest ? kLowest : shifted;  // NaN goes through
}

/// exp(x) of a shifted x, within 1 unit in the last place; NaN stays NaN. In float without calls
/// or branches, so that loops over it become vectors: x = n ln2 + r, 2^n by its bits, exp(r) by its
/// Taylor series, whose next term is below 1e-7 r.
FPANET_HD inline float exp_of_shifted(float x) {
  constexpr float kRound = 0x1.8p23F;  // adding it leaves the nearest integer in the low bits
  const float rounded = x * 0x1.715476p+0F + kRound;
  const float n = rounded - kRound;
  const float r = (x - n * 0x1.62e4p-1F) - n * 0x1.7f7d1cp-20F;  // ln2 in two parts
  const float tail = 1.F / 24 + r * (1.F / 120 + r * (1.F / 720 + r * (1.F / 5040)));
  const float series = 1 + (r + r * r * (1.F / 2 + r * (1.F / 6 + r * tail)));
  const auto exponent = std::bit_cast<std::int32_t>(rounded) - std::bit_cast<std::int32_t>(kRound);
  return series * std::bit_cast<float>((exponent + 127) << 23);
}

FPANET_HD inline double exp_of_shifted(double x) {
  return std::exp(x);
}

/// What softmax needs of a part of a row: its largest entry and the sum of exp(x - max). Parts are
/// combined in order; a row of -inf gives NaN, as in PyTorch.
struct MaxSum {
  double max = 0;
  double sum = 0;

  FPANET_HD static MaxSum combine(const MaxSum& a, const MaxSum& b) {
    const double max = a.max > b.max ? a.max : b.max;
    return {max, a.sum * std::exp(a.max - max) + b.sum * std::exp(b.max - max)};
  }
};

/// What turns the softmax of a part into that part of the whole's softmax.
FPANET_HD inline double share_of(const MaxSum& part, const MaxSum& whole) {
  return std::exp(part.max - whole.max) * part.sum / whole.sum;
}

template <class T>
FPANET_HD inline T softmax_gradient(T y, T dy, T dot) {
  return y * (dy - dot);
}

template <class T>
FPANET_HD inline T log_softmax_gradient(T y, T dy, T sum) {
  return dy - std::exp(y) * sum;
}

}  // namespace fpanet::kernels::body
