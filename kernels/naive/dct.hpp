#pragma once
// The definitions of kernels/dct.hpp and kernels/high_pass.hpp in plain loops: sums computed
// directly from the formulas, with O(H W (H + W)) cosines.

#include <cmath>
#include <numbers>
#include <vector>

#include "kernels/naive/image.hpp"

namespace fpanet::kernels::naive {

inline double dct_angle(Index k, Index n, Index size) {
  return std::numbers::pi * static_cast<double>(k * (2 * n + 1)) / static_cast<double>(2 * size);
}

/// y[k] = 2 sum_n x[n] cos(pi k (2n + 1) / (2N)) for a strided line.
template <class T>
std::vector<T> dct(const std::vector<T>& x) {
  const auto size = static_cast<Index>(x.size());
  std::vector<T> y(x.size());
  for (Index k = 0; k < size; ++k) {
    double sum = 0;
    for (Index n = 0; n < size; ++n) {
      sum += 2 * x[static_cast<std::size_t>(n)] * std::cos(dct_angle(k, n, size));
    }
    y[static_cast<std::size_t>(k)] = static_cast<T>(sum);
  }
  return y;
}

/// x[n] = (X[0] / 2 + sum_{k>=1} X[k] cos(pi k (2n + 1) / (2N))) / N.
template <class T>
std::vector<T> idct(const std::vector<T>& spectrum) {
  const auto size = static_cast<Index>(spectrum.size());
  std::vector<T> x(spectrum.size());
  for (Index n = 0; n < size; ++n) {
    double sum = spectrum[0] / 2;
    for (Index k = 1; k < size; ++k) {
      sum += spectrum[static_cast<std::size_t>(k)] * std::cos(dct_angle(k, n, size));
    }
    x[static_cast<std::size_t>(n)] = static_cast<T>(sum / static_cast<double>(size));
  }
  return x;
}

/// Applies `transform` to every column, then to every row, of every channel.
template <class T, class F>
void separable(View<const T> x, View<T> y, const F& transform) {
  std::vector<T> line;
  for (Index n = 0; n < x.n; ++n) {
    for (Index c = 0; c < x.c; ++c) {
      for (Index w = 0; w < x.w; ++w) {
        line.clear();
        for (Index h = 0; h < x.h; ++h) line.push_back(at(x, n, c, h, w));
        line = transform(line);
        for (Index h = 0; h < x.h; ++h) at(y, n, c, h, w) = line[static_cast<std::size_t>(h)];
      }
      for (Index h = 0; h < x.h; ++h) {
        line.clear();
        for (Index w = 0; w < x.w; ++w) line.push_back(at(y, n, c, h, w));
        line = transform(line);
        for (Index w = 0; w < x.w; ++w) at(y, n, c, h, w) = line[static_cast<std::size_t>(w)];
      }
    }
  }
}

template <class T>
void high_pass(View<const T> x, Index radius, View<T> y) {
  std::vector<T> memory(static_cast<std::size_t>(x.numel()));
  const View<T> spectrum{memory.data(), x.n, x.c, x.h, x.w};
  separable(x, spectrum, dct<T>);
  for_each(spectrum, [&](Index n, Index c, Index i, Index j) {
    if (i + j <= radius) at(spectrum, n, c, i, j) = 0;
  });
  separable<T>(spectrum, y, idct<T>);
}

}  // namespace fpanet::kernels::naive
