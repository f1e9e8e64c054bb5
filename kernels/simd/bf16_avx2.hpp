#pragma once
// The vectors of simd/avx2.hpp for bfloat16, with the members that simd/bf16_generic.hpp describes.
// Include after #pragma GCC target("avx2,fma").

#include <cstring>
#include <type_traits>

#include "engine/core/bfloat16.hpp"
#include "kernels/simd/avx2.hpp"

namespace fpanet::kernels {

struct SimdBf16Avx2 : SimdAvx2<float> {
  using SimdAvx2<float>::load;
  using SimdAvx2<float>::load_partial;
  using SimdAvx2<float>::store;
  using SimdAvx2<float>::store_partial;

  static Vector load(const bfloat16* p) {
    const __m128i bits = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(bits), 16));
  }
  static Vector load_partial(const bfloat16* p, Index count) {
    bfloat16 all[kLanes] = {};
    std::memcpy(all, p, static_cast<std::size_t>(count) * sizeof(bfloat16));
    return load(all);
  }
  static void store(bfloat16* p, Vector v) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), narrow(v));
  }
  static void store_partial(bfloat16* p, Vector v, Index count) {
    bfloat16 all[kLanes];
    store(all, v);
    std::memcpy(p, all, static_cast<std::size_t>(count) * sizeof(bfloat16));
  }

  struct Pairs {
    Vector first, second;
  };
  static Pairs load_pairs(const bfloat16* p) {
    return split(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
  }
  static Pairs broadcast_pair(const bfloat16* p) {
    int word;
    std::memcpy(&word, p, sizeof word);
    return split(_mm256_set1_epi32(word));
  }
  static Vector multiply_add_pairs(const Pairs& a, const Pairs& b, Vector c) {
    return multiply_add(a.second, b.second, multiply_add(a.first, b.first, c));
  }

 private:
  static Pairs split(__m256i words) {
    const __m256i high = _mm256_set1_epi32(static_cast<int>(0xffff0000u));
    return {_mm256_castsi256_ps(_mm256_slli_epi32(words, 16)),
            _mm256_castsi256_ps(_mm256_and_si256(words, high))};
  }
  static __m128i narrow(Vector v) {
    const __m256i words = _mm256_castps_si256(v), upper = _mm256_srli_epi32(words, 16);
    const __m256i odd = _mm256_and_si256(upper, _mm256_set1_epi32(1));
    const __m256i half = _mm256_add_epi32(odd, _mm256_set1_epi32(0x7fff));
    const __m256i rounded = _mm256_srli_epi32(_mm256_add_epi32(words, half), 16);
    const __m256i quiet = _mm256_or_si256(upper, _mm256_set1_epi32(0x40));
    const __m256i is_nan = _mm256_castps_si256(_mm256_cmp_ps(v, v, _CMP_UNORD_Q));
    const __m256i result = _mm256_blendv_epi8(rounded, quiet, is_nan);
    return _mm_packus_epi32(_mm256_castsi256_si128(result), _mm256_extracti128_si256(result, 1));
  }
};

/// Vectors for numbers stored in memory as T.
template <class T>
using AnySimdAvx2 = std::conditional_t<std::is_same_v<T, bfloat16>, SimdBf16Avx2, SimdAvx2<T>>;

}  // namespace fpanet::kernels
