#pragma once
// NEON vectors with fused multiply-add, which every 64-bit Arm processor has.
//
// These are the portable vectors of simd/generic.hpp, whose arithmetic compiles to NEON instructions
// there, but they may use all 32 registers and fuse products with sums. NEON has no masks, so that a
// part of a vector is loaded and stored element by element.

#include <arm_neon.h>

#include <cstdint>
#include <cstring>

#include "kernels/simd/generic.hpp"

namespace fpanet::kernels {

template <class T>
struct SimdNeon;

template <>
struct SimdNeon<float> {
  using Scalar = float;
  using Vector = SimdGeneric<float>::Vector;
  static constexpr int kLanes = 4;
  static constexpr int kRegisters = 32;

  static Vector broadcast(float value) { return vdupq_n_f32(value); }
  static Vector load(const float* p) { return vld1q_f32(p); }
  static void store(float* p, Vector v) { vst1q_f32(p, v); }
  static Vector load_partial(const float* p, Index count) {
    float32x4_t v = vdupq_n_f32(0);
    if (count > 0) v = vld1q_lane_f32(p, v, 0);
    if (count > 1) v = vld1q_lane_f32(p + 1, v, 1);
    if (count > 2) v = vld1q_lane_f32(p + 2, v, 2);
    return v;
  }
  static void store_partial(float* p, Vector v, Index count) {
    if (count > 0) vst1q_lane_f32(p, v, 0);
    if (count > 1) vst1q_lane_f32(p + 1, v, 1);
    if (count > 2) vst1q_lane_f32(p + 2, v, 2);
  }
  static Vector multiply_add(Vector a, Vector b, Vector c) { return vfmaq_f32(c, a, b); }
  /// Not vmaxq_f32, which is NaN if either is NaN.
  static Vector max(Vector a, Vector b) { return a > b ? a : b; }
  static uint32x4_t load_bytes(const unsigned char* p) {
    std::uint32_t bytes;
    std::memcpy(&bytes, p, sizeof bytes);
    return vmovl_u16(vget_low_u16(vmovl_u8(vcreate_u8(bytes))));
  }
};

template <>
struct SimdNeon<double> {
  using Scalar = double;
  using Vector = SimdGeneric<double>::Vector;
  static constexpr int kLanes = 2;
  static constexpr int kRegisters = 32;

  static Vector broadcast(double value) { return vdupq_n_f64(value); }
  static Vector load(const double* p) { return vld1q_f64(p); }
  static void store(double* p, Vector v) { vst1q_f64(p, v); }
  static Vector load_partial(const double* p, Index count) {
    const float64x2_t none = vdupq_n_f64(0);
    return count > 0 ? vld1q_lane_f64(p, none, 0) : none;
  }
  static void store_partial(double* p, Vector v, Index count) {
    if (count > 0) vst1q_lane_f64(p, v, 0);
  }
  static Vector multiply_add(Vector a, Vector b, Vector c) { return vfmaq_f64(c, a, b); }
  static Vector max(Vector a, Vector b) { return a > b ? a : b; }
  static uint64x2_t load_bytes(const unsigned char* p) {
    std::uint16_t bytes;
    std::memcpy(&bytes, p, sizeof bytes);
    const uint16x8_t words = vmovl_u8(vcreate_u8(bytes));
    return vmovl_u32(vget_low_u32(vmovl_u16(vget_low_u16(words))));
  }
};

}  // namespace fpanet::kernels
