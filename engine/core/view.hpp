#pragma once
// What kernels see of a tensor: a pointer and sizes, nothing shared, nothing owned.

#include "engine/core/tensor.hpp"

namespace fpanet {

/// (N,C,H,W) stored N,H,W,C. `pixels()` rows of C contiguous elements.
template <class T>
struct View {
  T* data = nullptr;
  Index n = 0, c = 0, h = 0, w = 0;

  Index pixels() const { return n * h * w; }
  Index numel() const { return pixels() * c; }
  T* pixel(Index in, Index ih, Index iw) const { return data + ((in * h + ih) * w + iw) * c; }
  operator View<const T>() const { return {data, n, c, h, w}; }
};

/// A batch of `n` row-major matrices, one after the other.
template <class T>
struct Matrices {
  T* data = nullptr;
  Index n = 0, rows = 0, cols = 0;

  T* at(Index i) const { return data + i * rows * cols; }
  operator Matrices<const T>() const { return {data, n, rows, cols}; }
};

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
