#pragma once
// Our own kernels for the steps around a convolution that cuDNN does not do. Cuda only.

#include <span>

#include "engine/core/view.hpp"
#include "engine/core/write.hpp"
#include "kernels/conv2d/epilogue.hpp"

namespace fpanet::kernels {

/// y = [relu](y + bias [+ residual]) in place; y (pixels, C_out). Memory traffic: y is read and
/// written, the residual is read.
template <class T>
void conv2d_epilogue(const Cuda& cuda, const Conv2dEpilogue<T>& epilogue, Matrices<T> y);

/// statistics (2,C): mean and variance of channels of `pixels` values, from their sums and sums of
/// squares. A variance that rounding made negative becomes 0.
void statistics_of_sums(const Cuda& cuda, const float* sums, const float* square_sums, Index pixels,
                        Index channels, double* statistics);

/// dw (=|+=) rounded_dw. cuDNN sums a bf16 weight gradient in f32 but stores it as bf16. Memory
/// traffic: 6 bytes per element, 10 when accumulating.
void widen_weight_gradient(const Cuda& cuda, std::span<const bfloat16> rounded_dw,
                           std::span<float> dw, Write write);

}  // namespace fpanet::kernels
