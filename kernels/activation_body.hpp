#pragma once

#include <cmath>

#include "kernels/base/body.hpp"

namespace fpanet::kernels::body {

template <class T>
FPANET_HD inline T sigmoid(T x) {
  return T(1) / (T(1) + std::exp(-x));
}

template <class T>
FPANET_HD inline T sigmoid_gradient(T y, T dy) {
  return dy * y * (T(1) - y);
}

template <class T>
FPANET_HD inline T tanh_gradient(T y, T dy) {
  return dy * (T(1) - y * y);
}

template <class T>
FPANET_HD inline T clamp(T x, T low, T high) {
  return x < low ? low : (x > high ? high : x);  // NaN stays NaN
}

template <class T>
FPANET_HD inline T clamp_gradient(T x, T dy, T low, T high) {
  return x >= low && x <= high ? dy : T(0);
}

}  // namespace fpanet::kernels::body
