#pragma once
// Cosines of the DCT-II, accurate to the last bits for any size: cos(pi k (2n + 1) / (2N)).

#include <cmath>
#include <numbers>

#include "engine/core/index.hpp"
#include "kernels/dct.hpp"

namespace fpanet::kernels {

/// The angle is first reduced in integers: computed in floating point, pi k (2n + 1) / (2N) would
/// lose digits for large k.
FPANET_HD inline double dct_cosine(Index k, Index n, Index size) {
  const Index turns = k * (2 * n + 1) % (4 * size);
  return std::cos(std::numbers::pi * static_cast<double>(turns) / static_cast<double>(2 * size));
}

/// Entry of the (size,size) matrix of a transform along one axis.
FPANET_HD inline double dct_entry(DctMatrix matrix, Index row, Index col, Index size) {
  switch (matrix) {
    case DctMatrix::forward:
      return 2 * dct_cosine(row, col, size);
    case DctMatrix::forward_transposed:
      return 2 * dct_cosine(col, row, size);
    case DctMatrix::inverse:
      return (col == 0 ? 0.5 : dct_cosine(col, row, size)) / static_cast<double>(size);
    case DctMatrix::inverse_transposed:
      return (row == 0 ? 0.5 : dct_cosine(row, col, size)) / static_cast<double>(size);
  }
  return 0;
}

/// A_N[k][n] of high_pass.hpp, with N = size. The rows of A_N are orthonormal.
FPANET_HD inline double orthonormal_cosine(Index k, Index n, Index size) {
  return std::sqrt((k == 0 ? 1.0 : 2.0) / static_cast<double>(size)) * dct_cosine(k, n, size);
}

}  // namespace fpanet::kernels
