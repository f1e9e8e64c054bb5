#pragma once
// The sweeps of high_pass.hpp over an image, once per ISA (simd/cpu_isa.hpp):
// high_pass/sweeps_*.cpp compile the same templates for each ISA. All give the same bits.

#include "kernels/base/body.hpp"
#include "kernels/high_pass.hpp"
#include "kernels/simd/cpu_isa.hpp"

namespace fpanet::kernels {

/// Elements of an image row that one task processes over all rows.
inline constexpr Index kHighPassSpan = 64;
/// Image rows from which low frequencies are subtracted at a time.
inline constexpr Index kHighPassRows = 4;

/// `row` is the number of elements in a row of the image. Bases are (size, frequencies), where
/// `frequencies` is a multiple of kLowFrequencies.
template <class T>
struct HighPassSweeps {
  /// vertical[k][e] = sum_h A_H[k][h] image[h][e] for k < kLowFrequencies and elements e in [first,
  /// first + count), at most kHighPassSpan. Sums sixteen rows in Real<T>, and these sums in double.
  /// basis_h points to the first of these k.
  void (*analyse)(const T* image, Index height, Index row, const Real<T>* basis_h,
                  Index frequencies, Index first, Index count, double* vertical);
  /// to[r][e] (=|+=) from[r][e] - sum_k basis_h[r][k] low[k][e] for `rows` rows, at most
  /// kHighPassRows, with the sum over all frequencies. `to` may be `from` when assigned.
  void (*subtract)(const T* from, const double* low, const double* basis_h, Index frequencies,
                   Index rows, Index row, T* to, Write write);
};

template <class T>
CpuVariants<HighPassSweeps<T>> high_pass_sweeps_variants();

template <class T>
HighPassSweeps<T> high_pass_sweeps_generic();
template <class T>
HighPassSweeps<T> high_pass_sweeps_avx2();
template <class T>
HighPassSweeps<T> high_pass_sweeps_avx512();
template <class T>
HighPassSweeps<T> high_pass_sweeps_neon();

}  // namespace fpanet::kernels
