#pragma once
// Mean and variance of each channel over its pixels, which is what batch norm wants to know of x.
//
//   mean[c] = sum_p x[p,c] / P,   var[c] = sum_p (x[p,c] - mean[c])^2 / P
//
// x (N,C,H,W), P = N*H*W; statistics (2,C), the means, then the variances, in double for every T.
// Per chunk of pixels (fixed by the shape) a mean and a sum of squared deviations, which are
// combined in double (Chan, Golub, LeVeque 1979), so that a mean far from 0 costs no digits.
// A convolution can leave them behind with its result (conv2d/epilogue.hpp), which saves this read.

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
