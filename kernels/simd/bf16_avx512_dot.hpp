#pragma once
// The vectors of simd/bf16_avx512.hpp for processors with AVX512-BF16, which multiply pairs of
// bfloat16. Include after the same #pragma GCC target plus avx512bf16.

#include "kernels/simd/bf16_avx512.hpp"

namespace fpanet::kernels {

/// Multiplies and adds pairs in one instruction, which flushes subnormal numbers to zero.
struct SimdBf16Avx512Dot : SimdBf16Avx512 {
  using Pairs = __m512bh;
  static Pairs load_pairs(const bfloat16* p) { return (Pairs)_mm512_loadu_si512(p); }
  static Pairs broadcast_pair(const bfloat16* p) {
    int word;
    std::memcpy(&word, p, sizeof word);
    return (Pairs)_mm512_set1_epi32(word);
  }
  static Vector multiply_add_pairs(Pairs a, Pairs b, Vector c) { return _mm512_dpbf16_ps(c, a, b); }
};

}  // namespace fpanet::kernels
