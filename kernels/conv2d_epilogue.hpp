#pragma once
// What a convolution does to its result before it leaves the registers.

#include "kernels/body.hpp"

namespace fpanet::kernels {

/// What happens to a value of y on its way to memory: y = [relu](conv(x, w) + bias [+ residual]),
/// added in this order. ReLU as relu.hpp has it: NaN stays NaN.
template <class T>
struct Conv2dEpilogue {
  const Real<T>* bias = nullptr;  ///< (C_out), or none
  const T* residual = nullptr;    ///< shaped like y, or none; may not be y
  bool relu = false;
};

}  // namespace fpanet::kernels
