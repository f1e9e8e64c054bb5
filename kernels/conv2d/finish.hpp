#pragma once
// What cuDNN leaves to kernels of ours around a convolution. Cuda only.

#include <span>

#include "engine/core/view.hpp"
#include "engine/core/write.hpp"
#include "kernels/conv2d/epilogue.hpp"

namespace fpanet::kernels {

/// y = [relu](y + bias [+ residual]) in place; y (pixels, C_out). Bytes: y read and written, the
/// residual read.
template <class T>
void conv2d_epilogue(const Cuda& cuda, const Conv2dEpilogue<T>& epilogue, Matrices<T> y);

/// statistics (2,C), mean and variance, of channels whose `pixels` values have these sums and sums of
/// squares; a variance that rounding made negative is 0.
void statistics_of_sums(const Cuda& cuda, const float* sums, const float* square_sums, Index pixels,
                        Index channels, double* statistics);

/// dw (=|+=) rounded_dw: cuDNN keeps a bf16 weight gradient's sums in f32 but stores bf16. Bytes: 6
/// an element, 10 when accumulating.
void widen_weight_gradient(const Cuda& cuda, std::span<const bfloat16> rounded_dw,
                           std::span<float> dw, Write write);

}  // namespace fpanet::kernels
