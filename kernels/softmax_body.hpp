#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "kernels/base/body.hpp"

namespace fpanet::kernels::body {

/// Lowest argument of exp_of_shifted. For float it is -127 ln2, whose exponential is 0: a map that
/// has saturated consists of such entries, and as subnormal numbers they would make the products
/// behind it several times as slow. For double its exponential is the normal number 1e-304.
template <class T>
inline constexpr T kLowestShifted = sizeof(T) == sizeof(double) ? T(-700)
                                                                : T(-127 * 0.6931471805599453);

/// x, or 0 if x is positive and no normal number.
template <class T>
FPANET_HD inline T without_subnormal(T x) {
  return x < std::numeric_limits<T>::min() ? T(0) : x;  // NaN stays NaN
}

/// x - max, but no lower than kLowestShifted.
template <class T>
FPANET_HD inline T shifted_by_largest(T x, T max) {
  constexpr T kLowest = kLowestShifted<T>;
  const T shifted = x - max;
  return shifted < kLowest ? kLowest : shifted;  // NaN stays NaN
}

/// Constants of exp_of_shifted.
struct ExpSeries {
  static constexpr float kRound =
      0x1.8p23F;  // adding it puts the nearest integer into the low bits
  static constexpr auto kRoundBits = std::bit_cast<std::int32_t>(kRound);
  static constexpr float kPerLn2 = 0x1.715476p+0F;
  static constexpr float kLn2High = 0x1.62e4p-1F, kLn2Low = 0x1.7f7d1cp-20F;  // ln2 in two parts
  static constexpr float k2 = 1.F / 2, k3 = 1.F / 6, k4 = 1.F / 24, k5 = 1.F / 120;
  static constexpr float k6 = 1.F / 720, k7 = 1.F / 5040;
};

/// exp(x) of a shifted x, within 1 unit in the last place; NaN stays NaN. The float version is 0
/// below -126.5 ln2. It has no calls and no branches, so that loops over it are vectorised: x = n ln2
/// + r, where 2^n is computed by its bits and exp(r) by its Taylor series, whose next term is below
/// 1e-7 r.
FPANET_HD inline float exp_of_shifted(float x) {
  using S = ExpSeries;
  const float rounded = x * S::kPerLn2 + S::kRound;
  const float n = rounded - S::kRound;
  const float r = (x - n * S::kLn2High) - n * S::kLn2Low;
  const float tail = S::k4 + r * (S::k5 + r * (S::k6 + r * S::k7));
  const float series = 1 + (r + r * r * (S::k2 + r * (S::k3 + r * tail)));
  const std::int32_t exponent = std::bit_cast<std::int32_t>(rounded) - S::kRoundBits;
  return series * std::bit_cast<float>((exponent + 127) << 23);
}

FPANET_HD inline double exp_of_shifted(double x) {
  return std::exp(x);
}

/// The summary of a part of a row that softmax needs: its largest entry and the sum of exp(x -
/// max). Parts are combined in order. A row of -inf gives NaN, as in PyTorch.
struct MaxSum {
  double max = 0;
  double sum = 0;

  FPANET_HD static MaxSum combine(const MaxSum& a, const MaxSum& b) {
    const double max = a.max > b.max ? a.max : b.max;
    return {max, a.sum * std::exp(a.max - max) + b.sum * std::exp(b.max - max)};
  }
};

/// Factor that converts the softmax of a part to that part of the softmax of the whole.
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
