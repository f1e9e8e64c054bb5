#pragma once

#include "engine/core/index.hpp"
#include "kernels/base/body.hpp"

namespace fpanet::kernels::body {

/// Gradient of one input element from the gradients of the four outputs that copied it.
template <class T>
FPANET_HD inline T upsample2x_sum(T left, T right, T lower_left, T lower_right) {
  return (left + right) + (lower_left + lower_right);
}

/// The same, where `dy` points to output (2a, 2b) of the channel, and `column` and `row` are the
/// distances to its right and lower neighbours.
template <class T>
FPANET_HD inline Real<T> upsample2x_gradient(const T* dy, Index column, Index row) {
  return upsample2x_sum(real(dy[0]), real(dy[column]), real(dy[row]), real(dy[row + column]));
}

}  // namespace fpanet::kernels::body
