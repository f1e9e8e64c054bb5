#pragma once
// Convolution of an image enlarged twofold, as four Winograd jobs on the small image.
//
// In the enlarged image, the nine taps of a pixel of y read only four pixels of x. Which taps read
// the same pixel depends on whether the row and column of the pixel of y are even or odd. This
// gives four 2x2 kernels. Along one axis:
//
//   y[2i]     = w0 x[i-1] + (w1 + w2) x[i]
//   y[2i + 1] = (w0 + w1) x[i] + w2 x[i+1].
//
// These phases are those of sub-pixel convolution (Shi et al., "Real-time single image and video
// super-resolution using an efficient sub-pixel convolutional neural network", CVPR 2016).
// F(4x4,2x2) (winograd_tiles.hpp) computes each phase with 25 multiplications for 16 pixels of y,
// instead of 36 on the enlarged image. The channels of skip use F(4x4,3x3), one quarter of an 8x8
// square of y at a time. The four phases of that square follow immediately and add to y while it is
// still in cache.

#include <cstddef>
#include <span>

#include "kernels/conv2d_upsampled.hpp"

namespace fpanet::kernels::winograd::phases {

/// 3x3, stride 1, padding 1, channels in multiples of 16.
bool supports(const UpsampledGeometry& g);
/// Whether the geometry is supported, Winograd is worthwhile on the enlarged image, and the phases
/// save at least a tenth of its multiplications. They do not if x is so small that 4x4 tiles extend
/// far beyond its edge.
bool is_worthwhile(const UpsampledGeometry& g);

/// Number of elements of U: for the four phases, then for the channels of skip.
Index u_numel(const UpsampledGeometry& g);
void make_u(const Cpu& cpu, const UpsampledGeometry& g, const float* w, float* u);
void run(const Cpu& cpu, const UpsampledGeometry& g, const float* x, const float* skip,
         const float* u, const Conv2dEpilogue<float>& epilogue, float* y,
         std::span<std::byte> workspace);
std::size_t workspace_bytes(const Cpu& cpu, const UpsampledGeometry& g);

}  // namespace fpanet::kernels::winograd::phases
