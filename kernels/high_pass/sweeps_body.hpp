#pragma once
// The templates behind high_pass/sweeps.hpp. Include after the #pragma GCC target of an ISA and its
// simd/*.hpp.
//
// A task of analyse reads a few cache lines of every row, which are too far apart for the hardware
// prefetcher. It therefore prefetches those of the next sixteen rows while it sums sixteen rows.

#include "kernels/high_pass/sweeps.hpp"

namespace fpanet::kernels {

/// Simd: vectors of Real<T>, which can also be loaded from T.
template <class Simd, class T>
struct HighPassPasses {
  using R = Real<T>;
  using Vector = typename Simd::Vector;
  static constexpr Index kLanes = Simd::kLanes;
  static constexpr Index kK = kLowFrequencies;
  static constexpr Index kGroup = 16;

  /// Adds `rows` rows of a vector of columns to total[k * kHighPassSpan...], with kK sums in
  /// registers. `ahead`: another kGroup rows follow.
  static void add_group(const T* x, Index rows, bool ahead, Index row, Index count,
                        const R* basis_h, Index frequencies, double* total) {
    Vector sum[kK] = {};
    for (Index h = 0; h < rows; ++h) {
      const T* const from = x + h * row;
      if (ahead) __builtin_prefetch(from + kGroup * row);
      const Vector value = count == kLanes ? Simd::load(from) : Simd::load_partial(from, count);
      for (Index k = 0; k < kK; ++k) {
        sum[k] += Simd::broadcast(basis_h[h * frequencies + k]) * value;
      }
    }
    for (Index k = 0; k < kK; ++k) {
      R lanes[kLanes];
      Simd::store(lanes, sum[k]);
      double* const sums = total + k * kHighPassSpan;
      for (Index i = 0; i < kLanes; ++i) sums[i] += static_cast<double>(lanes[i]);
    }
  }

  static void analyse(const T* image, Index height, Index row, const R* basis_h, Index frequencies,
                      Index first, Index count, double* vertical) {
    static_assert(kHighPassSpan % kLanes == 0);
    double total[kK * kHighPassSpan] = {};
    for (Index group = 0; group < height; group += kGroup) {
      const Index rows = height - group < kGroup ? height - group : kGroup;
      for (Index e = 0; e < count; e += kLanes) {
        const Index columns = count - e < kLanes ? count - e : kLanes;
        add_group(image + group * row + first + e, rows, group + 2 * kGroup <= height, row, columns,
                  basis_h + group * frequencies, frequencies, total + e);
      }
    }
    for (Index k = 0; k < kK; ++k) {
      const double* const sums = total + k * kHighPassSpan;
      for (Index e = 0; e < count; ++e) vertical[k * row + first + e] = sums[e];
    }
  }

  /// Every low frequency is loaded once for kRows rows. kCount: the number of frequencies, or 0 if
  /// only `frequencies` tells it.
  template <Index kRows, Write kWrite, Index kCount>
  static void subtract_rows(const T* from, const double* low, const double* basis_h,
                            Index frequencies, Index row, T* to) {
    const Index count = kCount > 0 ? kCount : frequencies;
#pragma omp simd
    for (Index e = 0; e < row; ++e) {
      double sum[kRows];
      for (Index r = 0; r < kRows; ++r) sum[r] = basis_h[r * count] * low[e];
      for (Index k = 1; k < count; ++k) {
        for (Index r = 0; r < kRows; ++r) sum[r] += basis_h[r * count + k] * low[k * row + e];
      }
      for (Index r = 0; r < kRows; ++r) {
        const Index at = r * row + e;
        store(to[at], static_cast<R>(static_cast<double>(real(from[at])) - sum[r]), kWrite);
      }
    }
  }

  template <Write kWrite, Index kCount>
  static void subtract_from(const T* from, const double* low, const double* basis_h,
                            Index frequencies, Index rows, Index row, T* to) {
    if (rows == kHighPassRows) {
      return subtract_rows<kHighPassRows, kWrite, kCount>(from, low, basis_h, frequencies, row, to);
    }
    for (Index r = 0; r < rows; ++r) {
      subtract_rows<1, kWrite, kCount>(from + r * row, low, basis_h + r * frequencies, frequencies,
                                       row, to + r * row);
    }
  }

  template <Write kWrite>
  static void subtract_of(const T* from, const double* low, const double* basis_h,
                          Index frequencies, Index rows, Index row, T* to) {
    frequencies == kK ? subtract_from<kWrite, kK>(from, low, basis_h, frequencies, rows, row, to)
                      : subtract_from<kWrite, 0>(from, low, basis_h, frequencies, rows, row, to);
  }

  static void subtract(const T* from, const double* low, const double* basis_h, Index frequencies,
                       Index rows, Index row, T* to, Write write) {
    write == Write::assign
        ? subtract_of<Write::assign>(from, low, basis_h, frequencies, rows, row, to)
        : subtract_of<Write::accumulate>(from, low, basis_h, frequencies, rows, row, to);
  }

  static HighPassSweeps<T> sweeps() {
    return {analyse, subtract};
  }
};

}  // namespace fpanet::kernels
