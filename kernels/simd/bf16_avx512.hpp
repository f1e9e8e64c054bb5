#pragma once
// The vectors of simd/avx512.hpp for bfloat16, with the members that simd/bf16_generic.hpp
// describes. Include after the #pragma GCC target that simd/avx512.hpp requires.

#include <cstring>
#include <type_traits>

#include "engine/core/bfloat16.hpp"
#include "kernels/simd/avx512.hpp"

namespace fpanet::kernels {

struct SimdBf16Avx512 : SimdAvx512<float> {
  using SimdAvx512<float>::load;
  using SimdAvx512<float>::load_partial;
  using SimdAvx512<float>::store;
  using SimdAvx512<float>::store_partial;

  static Vector load(const bfloat16* p) {
    return widen(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
  }
  static Vector load_partial(const bfloat16* p, Index count) {
    return widen(_mm256_maskz_loadu_epi16(lanes(count), p));
  }
  static void store(bfloat16* p, Vector v) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), narrow(v));
  }
  static void store_partial(bfloat16* p, Vector v, Index count) {
    _mm256_mask_storeu_epi16(p, lanes(count), narrow(v));
  }

  struct Pairs {
    Vector first, second;
  };
  static Pairs load_pairs(const bfloat16* p) { return split(_mm512_loadu_si512(p)); }
  static Pairs broadcast_pair(const bfloat16* p) {
    int word;
    std::memcpy(&word, p, sizeof word);
    return split(_mm512_set1_epi32(word));
  }
  static Vector multiply_add_pairs(const Pairs& a, const Pairs& b, Vector c) {
    return multiply_add(a.second, b.second, multiply_add(a.first, b.first, c));
  }

 private:
  // Shifts and conversions use an all-ones mask: GCC 12 warns about the undefined operand inside
  // the plain intrinsics.
  static constexpr __mmask16 kAll = 0xffff;

  static __mmask16 lanes(Index count) { return static_cast<__mmask16>((1u << count) - 1u); }
  static Vector widen(__m256i bits) {
    return _mm512_castsi512_ps(
        _mm512_maskz_slli_epi32(kAll, _mm512_maskz_cvtepu16_epi32(kAll, bits), 16));
  }
  static Pairs split(__m512i words) {
    const __m512i high = _mm512_set1_epi32(static_cast<int>(0xffff0000u));
    return {_mm512_castsi512_ps(_mm512_maskz_slli_epi32(kAll, words, 16)),
            _mm512_castsi512_ps(_mm512_and_si512(words, high))};
  }
  static __m256i narrow(Vector v) {
    const __m512i words = _mm512_castps_si512(v), upper = _mm512_maskz_srli_epi32(kAll, words, 16);
    const __m512i odd = _mm512_and_si512(upper, _mm512_set1_epi32(1));
    const __m512i half = _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff));
    const __m512i rounded = _mm512_maskz_srli_epi32(kAll, _mm512_add_epi32(words, half), 16);
    const __mmask16 is_nan = _mm512_cmp_ps_mask(v, v, _CMP_UNORD_Q);
    return _mm512_maskz_cvtepi32_epi16(
        kAll, _mm512_mask_or_epi32(rounded, is_nan, upper, _mm512_set1_epi32(0x40)));
  }
};

/// Vectors for numbers stored in memory as T.
template <class T>
using AnySimdAvx512 =
    std::conditional_t<std::is_same_v<T, bfloat16>, SimdBf16Avx512, SimdAvx512<T>>;

}  // namespace fpanet::kernels
