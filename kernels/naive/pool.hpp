#pragma once
// The definitions of kernels/max_pool.hpp and kernels/global_pool.hpp in plain loops.

#include <limits>

#include "kernels/max_pool.hpp"
#include "kernels/naive/image.hpp"

namespace fpanet::kernels::naive {

/// Assigns y and, if dx has data, dx: each window passes its gradient to its first maximum.
template <class T>
void max_pool(View<const T> x, PoolWindow window, View<T> y, View<const T> dy, View<T> dx) {
  if (dx.data != nullptr) {
    for_each(dx, [&](Index n, Index c, Index h, Index w) { at(dx, n, c, h, w) = 0; });
  }
  for_each(y, [&](Index n, Index c, Index i, Index j) {
    T best = -std::numeric_limits<T>::infinity();
    Index best_h = -1, best_w = -1;
    for (Index u = 0; u < window.kernel; ++u) {
      for (Index v = 0; v < window.kernel; ++v) {
        const Index h = i * window.stride + u - window.padding;
        const Index w = j * window.stride + v - window.padding;
        if (h < 0 || h >= x.h || w < 0 || w >= x.w) continue;
        if (best_h >= 0 && !(at(x, n, c, h, w) > best)) continue;
        best = at(x, n, c, h, w);
        best_h = h;
        best_w = w;
      }
    }
    at(y, n, c, i, j) = best;
    if (dx.data != nullptr) at(dx, n, c, best_h, best_w) += at(dy, n, c, i, j);
  });
}

template <class T>
void global_avg_pool(View<const T> x, T* y) {
  const T pixels = static_cast<T>(x.h * x.w);
  for (Index i = 0; i < x.n * x.c; ++i) y[i] = 0;
  for_each(
      x, [&](Index n, Index c, Index h, Index w) { y[n * x.c + c] += at(x, n, c, h, w) / pixels; });
}

}  // namespace fpanet::kernels::naive
