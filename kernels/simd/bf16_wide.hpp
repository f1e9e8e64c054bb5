#pragma once
// The vectors of simd/wide.hpp for bfloat16, with the widening loads and rounding stores of
// simd/bf16_generic.hpp. Products of pairs have no wide version.

#include "kernels/simd/bf16_generic.hpp"
#include "kernels/simd/wide.hpp"

namespace fpanet::kernels {

struct SimdBf16Wide : SimdWide<float> {
  using SimdWide<float>::load;
  using SimdWide<float>::load_partial;
  using SimdWide<float>::store;
  using SimdWide<float>::store_partial;

  static Vector load(const bfloat16* p) {
    return Vector::each([&](int i) { return SimdBf16Generic::load(p + i * Quarter::kLanes); });
  }
  static void store(bfloat16* p, const Vector& v) {
    for (int i = 0; i < kParts; ++i) SimdBf16Generic::store(p + i * Quarter::kLanes, v.part[i]);
  }
  static Vector load_partial(const bfloat16* p, Index count) {
    bfloat16 all[kLanes] = {};
    std::memcpy(all, p, static_cast<std::size_t>(count) * sizeof(bfloat16));
    return load(all);
  }
  static void store_partial(bfloat16* p, const Vector& v, Index count) {
    bfloat16 all[kLanes];
    store(all, v);
    std::memcpy(p, all, static_cast<std::size_t>(count) * sizeof(bfloat16));
  }
};

/// Vectors for numbers stored in memory as T.
template <class T>
using AnySimdWide = std::conditional_t<std::is_same_v<T, bfloat16>, SimdBf16Wide, SimdWide<T>>;

}  // namespace fpanet::kernels
