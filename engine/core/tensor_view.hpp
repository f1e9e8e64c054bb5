#pragma once
// Converts a Tensor to the plain views that kernels take.

#include "engine/core/error.hpp"
#include "engine/core/tensor.hpp"
#include "engine/core/view.hpp"

namespace fpanet {

template <class T>
View<T> view4(const Tensor& tensor) {
  const Shape& s = tensor.shape();
  require(s.rank() == 4, "view4: shape {} is not (N,C,H,W)", s);
  return {tensor.data<std::remove_const_t<T>>(), s[0], s[1], s[2], s[3]};
}

/// Rank 3 as is; rank 2 as a batch of one.
template <class T>
Matrices<T> matrices(const Tensor& tensor) {
  const Shape& s = tensor.shape();
  require(s.rank() == 2 || s.rank() == 3, "matrices: shape {} is not (N,rows,cols)", s);
  T* data = tensor.data<std::remove_const_t<T>>();
  return s.rank() == 3 ? Matrices<T>{data, s[0], s[1], s[2]} : Matrices<T>{data, 1, s[0], s[1]};
}

}  // namespace fpanet
