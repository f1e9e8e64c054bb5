#pragma once
// Mean and variance of each channel over its pixels, the statistics that batch norm needs.
//
//   mean[c] = sum_p x[p,c] / P,   var[c] = sum_p (x[p,c] - mean[c])^2 / P
//
// x is (N,C,H,W), P = N*H*W; statistics is (2,C), means then variances, in double for every T. Each
// chunk of pixels (fixed by the shape) gives a mean and a sum of squared deviations. These are
// combined in double (Chan, Golub, LeVeque 1979), so that no digits are lost when the mean is far
// from 0. A convolution can compute the statistics along with its result (conv2d/epilogue.hpp),
// which saves reading x again.
// Derivation: docs/derivations/batch_norm.md#statistics

#include <cstddef>
#include <span>

#include "engine/core/view.hpp"
#include "kernels/base/body.hpp"

namespace fpanet::kernels {

template <class T>
void channel_statistics(const Cpu& cpu, View<const T> x, double* statistics,
                        std::span<std::byte> workspace);
template <class T>
void channel_statistics(const Cuda& cuda, View<const T> x, double* statistics,
                        std::span<std::byte> workspace);

template <class T>
std::size_t channel_statistics_workspace_bytes(const Cpu& cpu, Index pixels, Index channels);
template <class T>
std::size_t channel_statistics_workspace_bytes(const Cuda& cuda, Index pixels, Index channels);

}  // namespace fpanet::kernels
