#pragma once
// What a convolution does to its result before it leaves the registers.

#include "kernels/base/body.hpp"

namespace fpanet::kernels {

/// Which steps an epilogue has: all that choosing an implementation needs to know of it.
struct Conv2dEpilogueParts {
  bool bias = false, residual = false, relu = false, statistics = false;

  bool any() const { return bias || residual || relu || statistics; }
  bool operator==(const Conv2dEpilogueParts&) const = default;
};

/// What happens to a value of y on its way to memory: y = [relu](conv(x, w) + bias [+ residual]),
/// added in this order. ReLU as relu.hpp has it: NaN stays NaN.
template <class T>
struct Conv2dEpilogue {
  const Real<T>* bias = nullptr;  ///< (C_out), or none
  const T* residual = nullptr;    ///< shaped like y, or none; may not be y
  bool relu = false;
  /// (2,C_out), or none: mean and variance of each channel of y (channel_statistics.hpp), for the
  /// batch norm that comes next. Without other steps, and not from prepared weights.
  double* statistics = nullptr;

  Conv2dEpilogueParts parts() const {
    return {bias != nullptr, residual != nullptr, relu, statistics != nullptr};
  }
};

}  // namespace fpanet::kernels
