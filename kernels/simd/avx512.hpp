#pragma once
// AVX-512 vectors. Include after #pragma GCC target("avx512f,avx512vl,avx512dq,avx512bw,fma").

#include <immintrin.h>

#include "engine/core/shape.hpp"

namespace fpanet::kernels {

template <class T>
struct SimdAvx512;

template <>
struct SimdAvx512<float> {
  using Scalar = float;
  using Vector = __m512;
  static constexpr int kLanes = 16;
  static constexpr int kRegisters = 32;

  static Vector broadcast(float value) { return _mm512_set1_ps(value); }
  static Vector load(const float* p) { return _mm512_loadu_ps(p); }
  static void store(float* p, Vector v) { _mm512_storeu_ps(p, v); }
  static Vector load_partial(const float* p, Index count) {
    return _mm512_maskz_loadu_ps(mask(count), p);
  }
  static void store_partial(float* p, Vector v, Index count) {
    _mm512_mask_storeu_ps(p, mask(count), v);
  }
  static Vector multiply_add(Vector a, Vector b, Vector c) { return _mm512_fmadd_ps(a, b, c); }
  // Uses an all-ones mask: GCC 12 warns about the undefined operand inside plain _mm512_max_ps.
  static Vector max(Vector a, Vector b) { return _mm512_mask_max_ps(a, 0xffff, a, b); }
  static __m512i load_bytes(const unsigned char* p) {
    return _mm512_maskz_cvtepu8_epi32(0xffff, _mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
  }

 private:
  static __mmask16 mask(Index count) { return static_cast<__mmask16>((1u << count) - 1u); }
};

/// Vectors of half the width, for results of at most 8 columns. This is not SimdAvx2 because the
/// linker keeps one copy of each function: one compiled with AVX-512 must not run on a processor
/// without it.
struct SimdAvx512Half {
  using Scalar = float;
  using Vector = __m256;
  static constexpr int kLanes = 8;
  static constexpr int kRegisters = 32;

  static Vector broadcast(float value) { return _mm256_set1_ps(value); }
  static Vector load(const float* p) { return _mm256_loadu_ps(p); }
  static void store(float* p, Vector v) { _mm256_storeu_ps(p, v); }
  static Vector load_partial(const float* p, Index count) {
    return _mm256_maskz_loadu_ps(mask(count), p);
  }
  static void store_partial(float* p, Vector v, Index count) {
    _mm256_mask_storeu_ps(p, mask(count), v);
  }
  static Vector multiply_add(Vector a, Vector b, Vector c) { return _mm256_fmadd_ps(a, b, c); }
  static Vector max(Vector a, Vector b) { return _mm256_max_ps(a, b); }

 private:
  static __mmask8 mask(Index count) { return static_cast<__mmask8>((1u << count) - 1u); }
};

template <>
struct SimdAvx512<double> {
  using Scalar = double;
  using Vector = __m512d;
  static constexpr int kLanes = 8;
  static constexpr int kRegisters = 32;

  static Vector broadcast(double value) { return _mm512_set1_pd(value); }
  static Vector load(const double* p) { return _mm512_loadu_pd(p); }
  static void store(double* p, Vector v) { _mm512_storeu_pd(p, v); }
  static Vector load_partial(const double* p, Index count) {
    return _mm512_maskz_loadu_pd(mask(count), p);
  }
  static void store_partial(double* p, Vector v, Index count) {
    _mm512_mask_storeu_pd(p, mask(count), v);
  }
  static Vector multiply_add(Vector a, Vector b, Vector c) { return _mm512_fmadd_pd(a, b, c); }
  static Vector max(Vector a, Vector b) { return _mm512_mask_max_pd(a, 0xff, a, b); }
  static __m512i load_bytes(const unsigned char* p) {
    return _mm512_maskz_cvtepu8_epi64(0xff, _mm_loadu_si64(p));
  }

 private:
  static __mmask8 mask(Index count) { return static_cast<__mmask8>((1u << count) - 1u); }
};

}  // namespace fpanet::kernels
