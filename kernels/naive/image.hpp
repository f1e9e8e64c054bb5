#pragma once
// Element access by index for the definitions in this folder, whatever the memory layout: images as
// (n,c,h,w), matrices as (item,row,col).

#include "engine/core/view.hpp"

namespace fpanet::kernels::naive {

template <class T>
T& at(View<T> x, Index n, Index c, Index h, Index w) {
  return x.pixel(n, h, w)[c];
}

template <class T>
T& at(Matrices<T> x, Index i, Index row, Index col) {
  return x.at(i)[row * x.cols + col];
}

/// Calls f(n, c, h, w) for every element.
template <class T, class F>
void for_each(View<T> x, const F& f) {
  for (Index n = 0; n < x.n; ++n) {
    for (Index c = 0; c < x.c; ++c) {
      for (Index h = 0; h < x.h; ++h) {
        for (Index w = 0; w < x.w; ++w) f(n, c, h, w);
      }
    }
  }
}

/// Calls f(n, h, w) for every pixel.
template <class T, class F>
void for_each_pixel(View<T> x, const F& f) {
  for (Index n = 0; n < x.n; ++n) {
    for (Index h = 0; h < x.h; ++h) {
      for (Index w = 0; w < x.w; ++w) f(n, h, w);
    }
  }
}

}  // namespace fpanet::kernels::naive
