#pragma once
// The definition of kernels/matmul.hpp in plain loops.

#include "kernels/matmul.hpp"
#include "kernels/naive/image.hpp"

namespace fpanet::kernels::naive {

template <class T>
void matmul(Product product, Matrices<const T> a, Matrices<const T> b, Matrices<T> c) {
  const Index depth = product == Product::atb ? a.rows : a.cols;
  for (Index i = 0; i < c.n; ++i) {
    const Index ia = a.n == 1 ? 0 : i, ib = b.n == 1 ? 0 : i;
    for (Index row = 0; row < c.rows; ++row) {
      for (Index col = 0; col < c.cols; ++col) {
        T sum = 0;
        for (Index k = 0; k < depth; ++k) {
          const T left = product == Product::atb ? at(a, ia, k, row) : at(a, ia, row, k);
          const T right = product == Product::abt ? at(b, ib, col, k) : at(b, ib, k, col);
          sum += left * right;
        }
        at(c, i, row, col) = sum;
      }
    }
  }
}

}  // namespace fpanet::kernels::naive
