#pragma once
// Functions on a part of a row that the CPU implementations of the softmax family share.

#include "kernels/softmax_body.hpp"

namespace fpanet::kernels {

template <class T>
Real<T> largest(const T* x, Index count) {
  Real<T> best = real(x[0]);
  for (Index i = 1; i < count; ++i) best = real(x[i]) > best ? real(x[i]) : best;
  return best;
}

/// Largest entry and sum of exp(x - largest). The exponentials are not stored.
template <class T>
body::MaxSum max_and_sum(const T* x, Index count) {
  const Real<T> max = largest(x, count);
  double sum = 0;
  for (Index i = 0; i < count; ++i) {
    sum += static_cast<double>(body::exp_of_shifted(body::shifted_by_largest(real(x[i]), max)));
  }
  return {static_cast<double>(max), sum};
}

/// y = exp(x - max) / sum; y may be x.
template <class T>
void softmax_by(const T* x, Index count, const body::MaxSum& whole, T* y) {
  const auto max = static_cast<Real<T>>(whole.max), scale = static_cast<Real<T>>(1 / whole.sum);
#pragma omp simd
  for (Index i = 0; i < count; ++i) {
    const Real<T> value = body::exp_of_shifted(body::shifted_by_largest(real(x[i]), max)) * scale;
    y[i] = T(body::without_subnormal(value));
  }
}

}  // namespace fpanet::kernels
