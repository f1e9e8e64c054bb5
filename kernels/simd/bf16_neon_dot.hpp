#pragma once
// The vectors of simd/bf16_neon.hpp for processors with FEAT_BF16, which multiply pairs of bfloat16.
// Include in files that are compiled for these instructions (CMakeLists.txt).

#include "kernels/simd/bf16_neon.hpp"

namespace fpanet::kernels {

/// Multiplies and adds pairs in one instruction, which flushes subnormal numbers to zero and rounds
/// sums to odd.
struct SimdBf16NeonDot : SimdBf16Neon {
  using Pairs = bfloat16x8_t;
  static Pairs load_pairs(const bfloat16* p) { return vreinterpretq_bf16_u16(vld1q_u16(&p->bits)); }
  static bfloat16x4_t broadcast_pair(const bfloat16* p) {
    return vreinterpret_bf16_u32(vdup_n_u32(word_at(p)));
  }
  static Vector multiply_add_pairs(bfloat16x4_t a, Pairs b, Vector c) {
    return vbfdotq_lane_f32(c, b, a, 0);
  }
};

}  // namespace fpanet::kernels
