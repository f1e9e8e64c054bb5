#pragma once
// The products of gemm/pairs.hpp for one ISA S (simd/bf16_*.hpp), tiled as in gemm/panel_body.hpp.
// With AVX-512 a micro-tile has 12 x 2 accumulators: each step loads 2 vectors of B, broadcasts 12
// pairs of A and does 24 multiplications.

#include "kernels/base/compiler.hpp"
#include "kernels/gemm/pairs.hpp"

namespace fpanet::kernels {

template <class S>
struct GemmPairsTile {
  using Vector = typename S::Vector;
  using Pairs = typename S::Pairs;
  static constexpr Index kWidth = 2 * S::kLanes;
  // NEON takes no factors from memory: 12 x 2 accumulators would leave too few registers for them.
  static constexpr int kMaxRows = S::kRegisters == 16 ? 4 : S::kLanes == 4 ? 8 : 12;

  template <int kRows, int kVectors>
  [[gnu::always_inline]] static void sum_up(const PairFactors& p, Index row,
                                            Vector (&sum)[kRows][kVectors]) {
    for (Index s = 0; s < p.segments; ++s) {
      const bfloat16* a = p.a + row * p.a_row + s * p.a_segment;
      const bfloat16* b = p.b + s * p.b_segment;
      for (Index k = 0; k < p.run; ++k, a += p.a_k, b += p.b_k) {
        Pairs bv[kVectors];
        FPANET_UNROLL_UP_TO(2)
        for (int v = 0; v < kVectors; ++v) bv[v] = S::load_pairs(b + 2 * v * S::kLanes);
        FPANET_UNROLL_UP_TO(12)
        for (int i = 0; i < kRows; ++i) {
          const auto av = S::broadcast_pair(a + i * p.a_row);
          FPANET_UNROLL_UP_TO(2)
          for (int v = 0; v < kVectors; ++v) {
            sum[i][v] = S::multiply_add_pairs(av, bv[v], sum[i][v]);
          }
        }
      }
    }
  }

  template <class T>
  static Vector load(const T* p, Index count) {
    return count >= S::kLanes ? S::load(p) : S::load_partial(p, count);
  }
  template <class T>
  static void store(T* p, Vector v, Index count) {
    count >= S::kLanes ? S::store(p, v) : S::store_partial(p, v, count);
  }

  template <int kRows, int kVectors>
  static void multiply_tile(const PairsToBf16& p, Index row) {
    Vector sum[kRows][kVectors] = {};
    sum_up<kRows, kVectors>(p.factors, row, sum);
    FPANET_UNROLL_UP_TO(2)
    for (int v = 0; v < kVectors; ++v) {
      const Index j = v * S::kLanes, count = p.factors.n - j;
      const Vector bias = p.bias != nullptr ? load(p.bias + j, count) : Vector{};
      FPANET_UNROLL_UP_TO(12)
      for (int i = 0; i < kRows; ++i) {
        const Index at = (row + i) * p.c_row + j;
        Vector value = sum[i][v] + bias;
        if (p.residual != nullptr) value = value + load(p.residual + at, count);
        if (p.relu) value = S::max(Vector{}, value);
        store(p.c + at, value, count);
      }
    }
  }

  template <int kRows, int kVectors>
  static void multiply_tile(const PairsToSum& p, Index row) {
    Vector sum[kRows][kVectors] = {};
    sum_up<kRows, kVectors>(p.factors, row, sum);
    FPANET_UNROLL_UP_TO(2)
    for (int v = 0; v < kVectors; ++v) {
      const Index j = v * S::kLanes, count = p.factors.n - j;
      FPANET_UNROLL_UP_TO(12)
      for (int i = 0; i < kRows; ++i) {
        float* const c = p.c + (row + i) * p.c_row + j;
        store(c, load(c, count) + sum[i][v], count);
      }
    }
  }

  template <int kRows, int kVectors, class Product>
  static void multiply_rows(const Product& p, Index row, Index rows) {
    if (rows == kRows) {
      multiply_tile<kRows, kVectors>(p, row);
    } else if constexpr (kRows > 1) {
      multiply_rows<kRows - 1, kVectors>(p, row, rows);
    }
  }

  // Divides the rows into groups whose sizes differ by at most one: 16 rows are 8 + 8, not 12 + 4.
  template <int kVectors, class Product>
  static void multiply_panel(const Product& p) {
    const Index m = p.factors.m, groups = (m + kMaxRows - 1) / kMaxRows;
    const Index rows = m / groups, longer = m % groups;
    Index row = 0;
    for (Index group = 0; group < groups; ++group) {
      const Index count = rows + (group < longer);
      multiply_rows<kMaxRows, kVectors>(p, row, count);
      row += count;
    }
  }

  template <class Product>
  static void multiply(const Product& p) {
    p.factors.n <= S::kLanes ? multiply_panel<1>(p) : multiply_panel<2>(p);
  }

  static GemmPairs kernels() { return {kWidth, multiply<PairsToBf16>, multiply<PairsToSum>}; }
};

}  // namespace fpanet::kernels
