#pragma once
// The matrix product of every bfloat16 convolution on the CPU. It is gemm/panel.hpp with elements
// that are pairs of bfloat16 along the summed dimension, as AVX512-BF16's vdpbf16ps takes them (32
// products per instruction, twice those of a float multiply-add). Sums are float, in the order of
// (s, k).
//
//   C[i][j] = sum over s < segments, k < run of <A pair, B pair>,  where pairs begin at
//             a + i*a_row + s*a_segment + k*a_k  and  b + s*b_segment + k*b_k + 2*j
//
// for i < m, j < n <= width. All strides count bfloat16 elements. ISAs without that instruction
// widen both factors and multiply in float.

#include "engine/core/bfloat16.hpp"
#include "engine/core/shape.hpp"
#include "kernels/simd/cpu_isa.hpp"

namespace fpanet::kernels {

struct PairFactors {
  const bfloat16* a = nullptr;
  Index a_row = 0, a_k = 2, a_segment = 0;
  const bfloat16* b = nullptr;  ///< rows are readable up to a multiple of a vector
  Index b_k = 0, b_segment = 0;
  Index m = 0, n = 0, run = 0, segments = 1;
};

/// c[i*c_row + j] = [relu](C[i][j] [+ bias[j]] [+ residual[i*c_row + j]]), rounded once.
struct PairsToBf16 {
  PairFactors factors;
  bfloat16* c = nullptr;
  Index c_row = 0;
  const float* bias = nullptr;         ///< or none
  const bfloat16* residual = nullptr;  ///< layout of c, or c itself, or none
  bool relu = false;                   ///< max(., 0) as the last step; NaN stays NaN
};

/// c[i*c_row + j] += C[i][j].
struct PairsToSum {
  PairFactors factors;
  float* c = nullptr;
  Index c_row = 0;
};

struct GemmPairs {
  Index width;  ///< maximum columns of a product; packed weights are in panels this wide
  void (*multiply)(const PairsToBf16&);
  void (*add)(const PairsToSum&);
};

/// The functions for cpu_isa().
const GemmPairs& gemm_pairs();

CpuVariants<GemmPairs> gemm_pairs_variants();

GemmPairs gemm_pairs_generic();
GemmPairs gemm_pairs_avx2();
GemmPairs gemm_pairs_avx512();
GemmPairs gemm_pairs_avx512_bf16();
GemmPairs gemm_pairs_neon();
GemmPairs gemm_pairs_neon_bf16();

}  // namespace fpanet::kernels
