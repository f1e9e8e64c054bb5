#pragma once
// The definition of kernels/batch_norm.hpp in plain loops.

#include <cmath>

#include "kernels/naive/image.hpp"

namespace fpanet::kernels::naive {

template <class T>
void batch_norm_moments(View<const T> x, T* mean, T* var) {
  const T pixels = static_cast<T>(x.pixels());
  for (Index c = 0; c < x.c; ++c) {
    T sum = 0, square = 0;
    for_each_pixel(x, [&](Index n, Index h, Index w) { sum += at(x, n, c, h, w); });
    mean[c] = sum / pixels;
    for_each_pixel(x, [&](Index n, Index h, Index w) {
      square += (at(x, n, c, h, w) - mean[c]) * (at(x, n, c, h, w) - mean[c]);
    });
    var[c] = square / pixels;
  }
}

template <class T>
void batch_norm(View<const T> x, const T* mean, const T* var, const T* weight, const T* bias, T eps,
                View<const T> residual, bool relu, View<T> y) {
  for_each(x, [&](Index n, Index c, Index h, Index w) {
    T value = weight[c] * (at(x, n, c, h, w) - mean[c]) / std::sqrt(var[c] + eps) + bias[c];
    if (residual.data != nullptr) value += at(residual, n, c, h, w);
    if (relu && value < 0) value = 0;
    at(y, n, c, h, w) = value;
  });
}

/// Assigns dresidual, dweight, dbias and dx. A `y` without data means that there was no relu.
template <class T>
void batch_norm_backward(View<const T> x, View<const T> y, View<const T> dy, const T* mean,
                         const T* var, const T* weight, T eps, bool batch_statistics, View<T> dx,
                         T* dweight, T* dbias, View<T> dresidual) {
  const T pixels = static_cast<T>(x.pixels());
  for (Index c = 0; c < x.c; ++c) {
    const T invstd = 1 / std::sqrt(var[c] + eps);
    T sum_g = 0, sum_gx = 0;
    for_each_pixel(x, [&](Index n, Index h, Index w) {
      const bool passes = y.data == nullptr || at(y, n, c, h, w) > 0;
      const T g = passes ? at(dy, n, c, h, w) : T(0);
      at(dresidual, n, c, h, w) = g;
      sum_g += g;
      sum_gx += g * (at(x, n, c, h, w) - mean[c]) * invstd;
    });
    dweight[c] = sum_gx;
    dbias[c] = sum_g;
    for_each_pixel(x, [&](Index n, Index h, Index w) {
      T g = at(dresidual, n, c, h, w);
      const T normalised = (at(x, n, c, h, w) - mean[c]) * invstd;
      if (batch_statistics) g -= (sum_g + normalised * sum_gx) / pixels;
      at(dx, n, c, h, w) = weight[c] * invstd * g;
    });
  }
}

}  // namespace fpanet::kernels::naive
