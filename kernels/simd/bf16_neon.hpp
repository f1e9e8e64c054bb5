#pragma once
// The vectors of simd/neon.hpp for bfloat16, with the members that simd/bf16_generic.hpp describes.

#include <type_traits>

#include "engine/core/bfloat16.hpp"
#include "kernels/simd/neon.hpp"

namespace fpanet::kernels {

struct SimdBf16Neon : SimdNeon<float> {
  using SimdNeon<float>::load;
  using SimdNeon<float>::load_partial;
  using SimdNeon<float>::store;
  using SimdNeon<float>::store_partial;

  static Vector load(const bfloat16* p) {
    return vreinterpretq_f32_u32(vshlq_n_u32(vmovl_u16(vld1_u16(&p->bits)), 16));
  }
  static Vector load_partial(const bfloat16* p, Index count) {
    bfloat16 all[kLanes] = {};
    std::memcpy(all, p, static_cast<std::size_t>(count) * sizeof(bfloat16));
    return load(all);
  }
  static void store(bfloat16* p, Vector v) { vst1_u16(&p->bits, narrow(v)); }
  static void store_partial(bfloat16* p, Vector v, Index count) {
    bfloat16 all[kLanes];
    store(all, v);
    std::memcpy(p, all, static_cast<std::size_t>(count) * sizeof(bfloat16));
  }

  struct Pairs {
    Vector first, second;
  };
  static Pairs load_pairs(const bfloat16* p) {
    const uint32x4_t words = vreinterpretq_u32_u16(vld1q_u16(&p->bits));
    return {vreinterpretq_f32_u32(vshlq_n_u32(words, 16)),
            vreinterpretq_f32_u32(vandq_u32(words, vdupq_n_u32(0xffff0000u)))};
  }
  /// The two floats of one pair. Multiply-adds take a lane as it is, so it need not be copied to all.
  struct Pair {
    float32x2_t halves;
  };
  static Pair broadcast_pair(const bfloat16* p) {
    const uint16x4_t zeros = vdup_n_u16(0);
    return {vreinterpret_f32_u16(vzip1_u16(zeros, vreinterpret_u16_u32(vdup_n_u32(word_at(p)))))};
  }
  static Vector multiply_add_pairs(Pair a, const Pairs& b, Vector c) {
    const float32x4_t first = vfmaq_lane_f32(c, b.first, a.halves, 0);
    return vfmaq_lane_f32(first, b.second, a.halves, 1);
  }

 protected:
  static std::uint32_t word_at(const bfloat16* p) {
    std::uint32_t word;
    std::memcpy(&word, p, sizeof word);
    return word;
  }

 private:
  static uint16x4_t narrow(Vector v) {
    const uint32x4_t words = vreinterpretq_u32_f32(v), upper = vshrq_n_u32(words, 16);
    const uint32x4_t odd = vandq_u32(upper, vdupq_n_u32(1));
    const uint32x4_t half = vaddq_u32(odd, vdupq_n_u32(0x7fff));
    const uint32x4_t rounded = vshrq_n_u32(vaddq_u32(words, half), 16);
    const uint32x4_t quiet = vorrq_u32(upper, vdupq_n_u32(0x40));
    const uint32x4_t is_number = vceqq_f32(v, v);
    return vmovn_u32(vbslq_u32(is_number, rounded, quiet));
  }
};

/// Vectors for numbers stored in memory as T.
template <class T>
using AnySimdNeon = std::conditional_t<std::is_same_v<T, bfloat16>, SimdBf16Neon, SimdNeon<T>>;

}  // namespace fpanet::kernels
