#pragma once
// The product of gemm/panel.hpp for one ISA S (simd/*.hpp).
//
// A micro-tile has kRows x kVectors accumulators in registers. Each step loads kVectors vectors of
// B and broadcasts kRows elements of A. With AVX2 these are 12 accumulators, 2 vectors of B and 1
// of A, and 12 multiply-adds for 8 loads.

#include "kernels/base/compiler.hpp"
#include "kernels/gemm/panel.hpp"

namespace fpanet::kernels {

template <class S>
struct GemmTile {
  using T = typename S::Scalar;
  using Vector = typename S::Vector;
  static constexpr Index kWidth = 2 * S::kLanes;
  // Products are summed in chunks of this size, and the sums of the chunks are added afterwards.
  // The rounding error of K products then grows as sqrt(chunk + K/chunk) instead of sqrt(K).
  static constexpr Index kChunk = 64;
  // For one vector: enough accumulators to hide the latency, and few enough addresses to stay in
  // registers.
  static constexpr int max_rows(int vectors) {
    return S::kRegisters == 32 ? 12 : vectors == 1 ? 8 : 6;
  }

  template <int kRows, int kVectors, bool kRowsContiguous>
  [[gnu::always_inline]] static void multiply_tile(const GemmPanel<T>& p, Index row, const T* ahead,
                                                   Index ahead_k) {
    const Index a_row = kRowsContiguous ? 1 : p.a_row;
    const Index a_k = kRowsContiguous ? p.a_k : 1;
    Vector total[kRows][kVectors] = {}, sum[kRows][kVectors] = {};
    if (p.start != GemmStart::zero) {
      for (int i = 0; i < kRows; ++i) {
        for (int v = 0; v < kVectors; ++v) total[i][v] = start(p, row + i, v * S::kLanes);
      }
    }
    const auto fold = [&] {
      FPANET_UNROLL_UP_TO(12)
      for (int i = 0; i < kRows; ++i) {
        FPANET_UNROLL_UP_TO(2)
        for (int v = 0; v < kVectors; ++v) {
          total[i][v] = total[i][v] + sum[i][v];
          sum[i][v] = Vector{};
        }
      }
    };
    Index summed = 0;
    for (Index s = 0; s < p.segments; ++s) {
      const T* a = p.a + row * a_row + s * p.a_segment;
      const T* b = p.b + s * p.b_segment;
      for (Index k = 0; k < p.run;) {
        const Index end = k + kChunk - summed < p.run ? k + kChunk - summed : p.run;
        summed += end - k;
        for (; k < end; ++k, a += a_k, b += p.b_k, ahead += ahead_k) {
          __builtin_prefetch(ahead, 0, 2);
          multiply_add(a, a_row, b, sum);
        }
        if (summed == kChunk) {
          fold();
          summed = 0;
        }
      }
    }
    fold();
    finish<kRows, kVectors>(p, row, total);
    store(p, row, total);
  }

  // A product of a single chunk, which Winograd with few channels has. Its sums are the result.
  template <int kRows, int kVectors, bool kRowsContiguous>
  [[gnu::always_inline]] static void multiply_chunk(const GemmPanel<T>& p, Index row,
                                                    const T* ahead, Index ahead_k) {
    const Index a_row = kRowsContiguous ? 1 : p.a_row, a_k = kRowsContiguous ? p.a_k : 1;
    const Index run = p.run, b_k = p.b_k;
    const T *a = p.a + row * a_row, *b = p.b;
    Vector sum[kRows][kVectors] = {};
    for (Index k = 0; k < run; ++k, a += a_k, b += b_k, ahead += ahead_k) {
      __builtin_prefetch(ahead, 0, 2);
      multiply_add(a, a_row, b, sum);
    }
    store(p, row, sum);
  }

  // sum += the kRows elements of A at `a` times the vectors of B at `b`.
  template <int kRows, int kVectors>
  [[gnu::always_inline]] static void multiply_add(const T* a, Index a_row, const T* b,
                                                  Vector (&sum)[kRows][kVectors]) {
    Vector bv[kVectors];
    FPANET_UNROLL_UP_TO(2)
    for (int v = 0; v < kVectors; ++v) bv[v] = S::load(b + v * S::kLanes);
    FPANET_UNROLL_UP_TO(12)
    for (int i = 0; i < kRows; ++i) {
      const Vector av = S::broadcast(a[i * a_row]);
      FPANET_UNROLL_UP_TO(2)
      for (int v = 0; v < kVectors; ++v) sum[i][v] = S::multiply_add(av, bv[v], sum[i][v]);
    }
  }

  template <int kRows, int kVectors>
  [[gnu::always_inline]] static void store(const GemmPanel<T>& p, Index row,
                                           const Vector (&total)[kRows][kVectors]) {
    T* c = p.c + row * p.c_row;
    if (p.n == kVectors * S::kLanes) {
      FPANET_UNROLL_UP_TO(12)
      for (int i = 0; i < kRows; ++i, c += p.c_row) {
        FPANET_UNROLL_UP_TO(2)
        for (int v = 0; v < kVectors; ++v) S::store(c + v * S::kLanes, total[i][v]);
      }
    } else {
#if defined(__aarch64__)
      // NEON stores a partial vector element by element, so that GCC would not unroll this loop, and
      // would keep the sums in memory to index them.
      FPANET_UNROLL_UP_TO(12)
#endif
      for (int i = 0; i < kRows; ++i, c += p.c_row) {
        if (kVectors == 2) S::store(c, total[i][0]);
        S::store_partial(c + (kVectors - 1) * S::kLanes, total[i][kVectors - 1],
                         p.n - (kVectors - 1) * S::kLanes);
      }
    }
  }

  static Vector start(const GemmPanel<T>& p, Index row, Index j) {
    return load(p, p.start == GemmStart::c ? p.c + row * p.c_row : p.bias, j);
  }

  static Vector load(const GemmPanel<T>& p, const T* row, Index j) {
    const Index count = p.n - j;
    return count >= S::kLanes ? S::load(row + j) : S::load_partial(row + j, count);
  }

  template <int kRows, int kVectors>
  [[gnu::always_inline]] static void finish(const GemmPanel<T>& p, Index row,
                                            Vector (&total)[kRows][kVectors]) {
    if (p.residual != nullptr) {
      FPANET_UNROLL_UP_TO(12)
      for (int i = 0; i < kRows; ++i) {
        FPANET_UNROLL_UP_TO(2)
        for (int v = 0; v < kVectors; ++v) {
          total[i][v] = total[i][v] + load(p, p.residual + (row + i) * p.c_row, v * S::kLanes);
        }
      }
    }
    if (p.relu) {
      FPANET_UNROLL_UP_TO(12)
      for (int i = 0; i < kRows; ++i) {
        FPANET_UNROLL_UP_TO(2)
        for (int v = 0; v < kVectors; ++v) total[i][v] = S::max(Vector{}, total[i][v]);
      }
    }
  }

  template <int kRows, int kVectors, bool kRowsContiguous, bool kOneChunk>
  [[gnu::always_inline]] static void multiply_group(const GemmPanel<T>& p, Index row,
                                                    const T* ahead, Index ahead_k) {
    if constexpr (kOneChunk) {
      multiply_chunk<kRows, kVectors, kRowsContiguous>(p, row, ahead, ahead_k);
    } else {
      multiply_tile<kRows, kVectors, kRowsContiguous>(p, row, ahead, ahead_k);
    }
  }

  template <int kRows, int kVectors, bool kRowsContiguous, bool kOneChunk>
  static void multiply_rows(const GemmPanel<T>& p, Index row, Index rows, const T* ahead,
                            Index ahead_k) {
    if (rows == kRows) {
      multiply_group<kRows, kVectors, kRowsContiguous, kOneChunk>(p, row, ahead, ahead_k);
    } else if constexpr (kRows > 1) {
      multiply_rows<kRows - 1, kVectors, kRowsContiguous, kOneChunk>(p, row, rows, ahead, ahead_k);
    }
  }

  // Divides the rows into groups whose sizes differ by at most one: 10 rows are 5 + 5, not 6 + 4.
  template <int kVectors, bool kRowsContiguous, bool kOneChunk>
  static void multiply_panel(const GemmPanel<T>& p) {
    constexpr int kRows = max_rows(kVectors);
    const Index groups = (p.m + kRows - 1) / kRows;
    const Index rows = p.m / groups, longer = p.m % groups;
    const Index depth = p.segments * p.run;
    const Index ahead_k = p.ahead_numel / (groups * depth + 1) + (p.ahead_numel > 0);
    const T* ahead = p.ahead;
    Index row = 0;
    for (Index group = 0; group < groups; ++group) {
      const Index count = rows + (group < longer);
      if (count == kRows) {
        multiply_group<kRows, kVectors, kRowsContiguous, kOneChunk>(p, row, ahead, ahead_k);
      } else {
        multiply_rows<kRows - 1, kVectors, kRowsContiguous, kOneChunk>(p, row, count, ahead,
                                                                       ahead_k);
      }
      row += count;
      ahead += depth * ahead_k;
    }
  }

  template <bool kRowsContiguous, bool kOneChunk>
  static void multiply_vectors(const GemmPanel<T>& p) {
    p.n <= S::kLanes ? multiply_panel<1, kRowsContiguous, kOneChunk>(p)
                     : multiply_panel<2, kRowsContiguous, kOneChunk>(p);
  }

  static void multiply(const GemmPanel<T>& p) {
    const bool one_chunk = p.segments == 1 && p.run <= kChunk && p.start == GemmStart::zero &&
                           p.residual == nullptr && !p.relu;
    if (p.a_k == 1) {
      one_chunk ? multiply_vectors<false, true>(p) : multiply_vectors<false, false>(p);
    } else {
      multiply_vectors<true, false>(p);
    }
  }
};

}  // namespace fpanet::kernels
