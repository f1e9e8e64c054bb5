#pragma once
// The steps that a convolution applies to its result before it leaves the registers.

#include "kernels/base/body.hpp"

namespace fpanet::kernels {

/// Which steps an epilogue has. The choice of an implementation depends on nothing else of it.
struct Conv2dEpilogueParts {
  bool bias = false, residual = false, relu = false, statistics = false;

  bool any() const { return bias || residual || relu || statistics; }
  bool operator==(const Conv2dEpilogueParts&) const = default;
};

/// Steps applied to each value of y before it is stored: y = [relu](conv(x, w) + bias [+
/// residual]), added in this order. ReLU is that of relu.hpp: NaN stays NaN.
template <class T>
struct Conv2dEpilogue {
  const Real<T>* bias = nullptr;  ///< (C_out), or none
  const T* residual = nullptr;    ///< same shape as y, or none; must not be y
  bool relu = false;
  /// (2,C_out), or none: mean and variance of each channel of y (channel_statistics.hpp), for a
  /// subsequent batch norm. Excludes all other steps and prepared weights.
  double* statistics = nullptr;

  Conv2dEpilogueParts parts() const {
    return {bias != nullptr, residual != nullptr, relu, statistics != nullptr};
  }
};

}  // namespace fpanet::kernels
