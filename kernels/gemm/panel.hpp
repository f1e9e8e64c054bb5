#pragma once
// The matrix product of every convolution in float or double on the CPU: a tall panel, a few
// vectors wide.
//
//   C[i*c_row + j] = start + sum over s < segments, k < run of
//                    A[i*a_row + s*a_segment + k*a_k] * B[s*b_segment + k*b_k + j]
//                    [+ residual[i*c_row + j]], [at least 0]
//
// for i < m, j < n <= Conv2dInnerLoops::width. Segments make a convolution a product without
// gathering: in a channels-last image the taps of one kernel row are one contiguous run, and the
// next kernel row is the next segment. The products are register-blocked. Sums run in the order of
// (s, k), in chunks, so the result does not depend on how the caller divides rows and columns.

#include "engine/core/shape.hpp"

namespace fpanet::kernels {

enum class GemmStart : unsigned char {
  zero,
  bias,  ///< bias[j]
  c,     ///< the previous value of C
};

template <class T>
struct GemmPanel {
  const T* a = nullptr;
  Index a_row = 0, a_k = 1, a_segment = 0;  ///< a_k or a_row must be 1
  const T* b = nullptr;                     ///< rows are readable up to a multiple of a vector
  Index b_k = 0, b_segment = 0;
  T* c = nullptr;
  Index c_row = 0;
  Index m = 0, n = 0, run = 0, segments = 1;
  GemmStart start = GemmStart::zero;
  const T* bias = nullptr;
  const T* residual = nullptr;  ///< layout of C, or none
  bool relu = false;            ///< max(., 0) as the last step; NaN stays NaN
  /// The data that the caller multiplies next, which is prefetched from the outer caches, a little
  /// at every step. This gains a fifth of the speed when B is read once from L3 and used for a few
  /// dozen rows.
  const T* ahead = nullptr;
  Index ahead_numel = 0;
};

}  // namespace fpanet::kernels
