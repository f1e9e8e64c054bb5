#pragma once
// The definitions of kernels/upsample2x.hpp and kernels/concat.hpp in plain loops.

#include "kernels/naive/image.hpp"

namespace fpanet::kernels::naive {

template <class T>
void upsample2x(View<const T> x, View<T> y) {
  for_each(y, [&](Index n, Index c, Index i, Index j) {
    at(y, n, c, i, j) = at(x, n, c, i / 2, j / 2);
  });
}

/// dx += the gradient.
template <class T>
void upsample2x_backward(View<const T> dy, View<T> dx) {
  for_each(dy, [&](Index n, Index c, Index i, Index j) {
    at(dx, n, c, i / 2, j / 2) += at(dy, n, c, i, j);
  });
}

template <class T>
void concat(View<const T> a, View<const T> b, View<T> y) {
  for_each(y, [&](Index n, Index c, Index h, Index w) {
    at(y, n, c, h, w) = c < a.c ? at(a, n, c, h, w) : at(b, n, c - a.c, h, w);
  });
}

/// part = channels [first, first + part.c) of whole.
template <class T>
void channels(View<const T> whole, Index first, View<T> part) {
  for_each(part, [&](Index n, Index c, Index h, Index w) {
    at(part, n, c, h, w) = at(whole, n, first + c, h, w);
  });
}

}  // namespace fpanet::kernels::naive
