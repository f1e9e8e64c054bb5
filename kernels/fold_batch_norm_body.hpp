#pragma once
// One output channel of fold_batch_norm.hpp.

#include <cmath>

#include "kernels/fold_batch_norm.hpp"

namespace fpanet::kernels::body {

template <class R>
FPANET_HD inline double folded_scale(const ConvNorm<R>& from, Index o) {
  return static_cast<double>(from.gamma[o]) /
         std::sqrt(static_cast<double>(from.var[o]) + from.eps);
}

template <class R>
FPANET_HD inline R folded_bias(const ConvNorm<R>& from, Index o, double scale) {
  const double b = from.b != nullptr ? static_cast<double>(from.b[o]) : 0.0;
  return static_cast<R>(static_cast<double>(from.beta[o]) +
                        scale * (b - static_cast<double>(from.mean[o])));
}

template <class T>
FPANET_HD inline T folded_weight(Real<T> w, double scale) {
  return static_cast<T>(static_cast<Real<T>>(scale * static_cast<double>(w)));
}

}  // namespace fpanet::kernels::body
