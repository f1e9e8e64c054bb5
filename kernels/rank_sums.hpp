#pragma once
// What ranks computed of the same values, added up in the order of ranks, and the statistics of their
// pixels, combined.
//
//   sum_ranks:   y[i] (=|+=) x[0][i] + x[1][i] + ...        x (ranks, count), y (count)
//
//   rank_statistics: of each channel c, over the ranks r with the shares s[r] of all pixels
//     mean[c]     = sum of s[r] mean[r][c]
//     variance[c] = sum of s[r] (variance[r][c] + (mean[r][c] - mean[c])^2)
//   gathered (ranks, 2, channels): means and biased variances; whole (2, channels)
//
// The sums are computed in T, of bf16 in float. Of no rank they are 0. y may be x[0]. The result
// does not depend on the number of threads. Neither is differentiable.
// Source of the statistics: Chan, Golub and LeVeque, 1983.

#include <span>

#include "engine/core/bfloat16.hpp"
#include "engine/core/device.hpp"
#include "engine/core/index.hpp"
#include "engine/core/write.hpp"

namespace fpanet::kernels {

/// `stride` is the number of elements from x[0] to x[1].
template <class T>
void sum_ranks(const Cpu& cpu, const T* x, Index ranks, Index stride, std::span<T> y, Write write);
template <class T>
void sum_ranks(const Cuda& cuda, const T* x, Index ranks, Index stride, std::span<T> y,
               Write write);

void rank_statistics(const Cpu& cpu, const double* gathered, std::span<const double> shares,
                     Index channels, double* whole);
void rank_statistics(const Cuda& cuda, const double* gathered, std::span<const double> shares,
                     Index channels, double* whole);

}  // namespace fpanet::kernels
