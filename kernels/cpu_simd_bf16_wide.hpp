#pragma once
// cpu_simd_wide.hpp for bfloat16: loads that widen and stores that round, as in cpu_simd_bf16_generic.hpp. The
// products of pairs have no wide form.

#include "kernels/cpu_simd_bf16_generic.hpp"
#include "kernels/cpu_simd_wide.hpp"

namespace fpanet::kernels {

struct SimdBf16Wide : SimdWide<float> {
  using SimdWide<float>::load;
  using SimdWide<float>::store;

  static Vector load(const bfloat16* p) {
    return Vector::each([&](int i) { return SimdBf16Generic::load(p + i * Quarter::kLanes); });
  }
  static void store(bfloat16* p, const Vector& v) {
    for (int i = 0; i < kParts; ++i) SimdBf16Generic::store(p + i * Quarter::kLanes, v.part[i]);
  }
};

/// Vectors of numbers that memory holds as T.
template <class T>
using AnySimdWide = std::conditional_t<std::is_same_v<T, bfloat16>, SimdBf16Wide, SimdWide<T>>;

}  // namespace fpanet::kernels
