#pragma once
// AVX2 vectors with fused multiply-add. Include after #pragma GCC target("avx2,fma").

#include <immintrin.h>

#include "engine/core/shape.hpp"

namespace fpanet::kernels {

template <class T>
struct SimdAvx2;

template <>
struct SimdAvx2<float> {
  using Scalar = float;
  using Vector = __m256;
  static constexpr int kLanes = 8;
  static constexpr int kRegisters = 16;

  static Vector broadcast(float value) { return _mm256_set1_ps(value); }
  static Vector load(const float* p) { return _mm256_loadu_ps(p); }
  static void store(float* p, Vector v) { _mm256_storeu_ps(p, v); }
  static Vector load_partial(const float* p, Index count) {
    return _mm256_maskload_ps(p, mask(count));
  }
  // With four or more elements, stores two overlapping halves: a masked store takes a dozen cycles
  // on Zen.
  static void store_partial(float* p, Vector v, Index count) {
    const __m128 first = _mm256_castps256_ps128(v);
    if (count < 4) return _mm_maskstore_ps(p, _mm256_castsi256_si128(mask(count)), first);
    const __m256i from = _mm256_add_epi32(_mm256_set1_epi32(static_cast<int>(count) - 4),
                                          _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
    _mm_storeu_ps(p, first);
    _mm_storeu_ps(p + count - 4, _mm256_castps256_ps128(_mm256_permutevar8x32_ps(v, from)));
  }
  static Vector multiply_add(Vector a, Vector b, Vector c) { return _mm256_fmadd_ps(a, b, c); }
  static Vector max(Vector a, Vector b) { return _mm256_max_ps(a, b); }
  static __m256i load_bytes(const unsigned char* p) {
    return _mm256_cvtepu8_epi32(_mm_loadu_si64(p));
  }

 private:
  static __m256i mask(Index count) {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(count)),
                              _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
  }
};

template <>
struct SimdAvx2<double> {
  using Scalar = double;
  using Vector = __m256d;
  static constexpr int kLanes = 4;
  static constexpr int kRegisters = 16;

  static Vector broadcast(double value) { return _mm256_set1_pd(value); }
  static Vector load(const double* p) { return _mm256_loadu_pd(p); }
  static void store(double* p, Vector v) { _mm256_storeu_pd(p, v); }
  static Vector load_partial(const double* p, Index count) {
    return _mm256_maskload_pd(p, mask(count));
  }
  static void store_partial(double* p, Vector v, Index count) {
    _mm256_maskstore_pd(p, mask(count), v);
  }
  static Vector multiply_add(Vector a, Vector b, Vector c) { return _mm256_fmadd_pd(a, b, c); }
  static Vector max(Vector a, Vector b) { return _mm256_max_pd(a, b); }
  static __m256i load_bytes(const unsigned char* p) {
    return _mm256_cvtepu8_epi64(_mm_loadu_si32(p));
  }

 private:
  static __m256i mask(Index count) {
    return _mm256_cmpgt_epi64(_mm256_set1_epi64x(count), _mm256_setr_epi64x(0, 1, 2, 3));
  }
};

}  // namespace fpanet::kernels
