#pragma once
// The vectors of simd/generic.hpp for bfloat16: memory holds bfloat16, registers hold float.
//
// Every simd/bf16_*.hpp extends the float vectors of its ISA with three things: loads that widen,
// stores that round to nearest even exactly as bfloat16 does (NaN stays NaN), and sums of products
// of pairs:
//
//   multiply_add_pairs(a, b, c)[i] = c[i] + a[i].first * b[i].first + a[i].second * b[i].second
//
// A pair is two consecutive bfloat16 in memory. b are the pairs that load_pairs(p) returns, and a is
// what broadcast_pair(p) returns for one pair.

#include <type_traits>

#include "engine/core/bfloat16.hpp"
#include "kernels/simd/generic.hpp"

namespace fpanet::kernels {

struct SimdBf16Generic : SimdGeneric<float> {
  using SimdGeneric<float>::load;
  using SimdGeneric<float>::load_partial;
  using SimdGeneric<float>::store;
  using SimdGeneric<float>::store_partial;

  static Vector load(const bfloat16* p) { return load_partial(p, kLanes); }
  static Vector load_partial(const bfloat16* p, Index count) {
    Vector v{};
    for (Index i = 0; i < count; ++i) v[i] = static_cast<float>(p[i]);
    return v;
  }
  static void store(bfloat16* p, Vector v) { store_partial(p, v, kLanes); }
  static void store_partial(bfloat16* p, Vector v, Index count) {
    for (Index i = 0; i < count; ++i) p[i] = bfloat16(v[i]);
  }

  struct Pairs {
    Vector first, second;
  };
  static Pairs load_pairs(const bfloat16* p) {
    Pairs pairs;
    for (int i = 0; i < kLanes; ++i) {
      pairs.first[i] = static_cast<float>(p[2 * i]);
      pairs.second[i] = static_cast<float>(p[2 * i + 1]);
    }
    return pairs;
  }
  static Pairs broadcast_pair(const bfloat16* p) {
    return {broadcast(static_cast<float>(p[0])), broadcast(static_cast<float>(p[1]))};
  }
  static Vector multiply_add_pairs(const Pairs& a, const Pairs& b, Vector c) {
    return multiply_add(a.second, b.second, multiply_add(a.first, b.first, c));
  }
};

/// Vectors for numbers stored in memory as T.
template <class T>
using AnySimdGeneric =
    std::conditional_t<std::is_same_v<T, bfloat16>, SimdBf16Generic, SimdGeneric<T>>;

}  // namespace fpanet::kernels
