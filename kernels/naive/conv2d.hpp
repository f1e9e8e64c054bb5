#pragma once
// The definition of kernels/conv2d.hpp in plain loops, in float and double. Slow, but obviously
// correct.

#include "kernels/conv2d.hpp"

namespace fpanet::kernels::naive {

template <class T>
void conv2d(const Conv2dGeometry& g, const T* x, const T* w, const Conv2dEpilogue<T>& epilogue,
            T* y);

template <class T>
void conv2d_backward_input(const Conv2dGeometry& g, const T* dy, const T* w, T* dx, Write write);

template <class T>
void conv2d_backward_weight(const Conv2dGeometry& g, const T* x, const T* dy, T* dw, Write write);

template <class T>
void conv2d_backward_bias(const Conv2dGeometry& g, const T* dy, T* db, Write write);

}  // namespace fpanet::kernels::naive
