#pragma once

#include "kernels/base/body.hpp"

namespace fpanet::kernels::body {

template <class T>
FPANET_HD inline T relu(T x) {
  return x < T(0) ? T(0) : x;  // NaN stays NaN, so that divergence shows
}

template <class T>
FPANET_HD inline T relu_gradient(T y, T dy) {
  return y <= T(0) ? T(0) : dy;
}

}  // namespace fpanet::kernels::body
