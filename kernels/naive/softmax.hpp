#pragma once
// The definition of kernels/softmax.hpp in plain loops.

#include <cmath>

#include "kernels/naive/image.hpp"

namespace fpanet::kernels::naive {

template <class T>
void softmax(Matrices<const T> x, bool logarithm, T* y) {
  for (Index row = 0; row < x.n * x.rows; ++row) {
    const T* const from = x.data + row * x.cols;
    T max = from[0], sum = 0;
    for (Index i = 1; i < x.cols; ++i) max = from[i] > max ? from[i] : max;
    for (Index i = 0; i < x.cols; ++i) sum += std::exp(from[i] - max);
    for (Index i = 0; i < x.cols; ++i) {
      y[row * x.cols + i] =
          logarithm ? from[i] - max - std::log(sum) : std::exp(from[i] - max) / sum;
    }
  }
}

/// dx = J^T dy with the Jacobian J of the row written out. d y_j / d x_i is y_j ([i=j] - y_i) for
/// softmax and [i=j] - exp(y_i) for its logarithm.
template <class T>
void softmax_backward(Matrices<const T> y, bool logarithm, const T* dy, T* dx) {
  for (Index row = 0; row < y.n * y.rows; ++row) {
    const T* const out = y.data + row * y.cols;
    T weighted = 0;
    for (Index j = 0; j < y.cols; ++j) weighted += dy[row * y.cols + j] * (logarithm ? 1 : out[j]);
    for (Index i = 0; i < y.cols; ++i) {
      const T gradient = dy[row * y.cols + i];
      dx[row * y.cols + i] = logarithm ? gradient - std::exp(out[i]) * weighted
                                       : out[i] * gradient - out[i] * weighted;
    }
  }
}

}  // namespace fpanet::kernels::naive
