#pragma once
// The convolution of an enlarged image by four Winograd jobs on the small one.
//
// Of an enlarged image, the nine taps of a pixel of y see four pixels of x. Which taps see the same one
// depends on whether the pixel's row and column are even or odd, so that there are four 2x2 kernels:
// along an axis
//
//   y[2i]     = w0 x[i-1] + (w1 + w2) x[i]
//   y[2i + 1] = (w0 + w1) x[i] + w2 x[i+1].
//
// These phases are those of sub-pixel convolution (Shi et al., "Real-time single image and video
// super-resolution using an efficient sub-pixel convolutional neural network", CVPR 2016). Each is done
// by F(4x4,2x2) (winograd_tiles.hpp), with 25 multiplications for 16 pixels of y instead of 36. The
// channels of skip go through F(4x4,3x3), a quarter of each 8x8 square of y at a time, right before
// the four phases of that square, which add themselves to what is still in cache.

#include <cstddef>
#include <span>

#include "kernels/conv2d_upsampled.hpp"

namespace fpanet::kernels::winograd::phases {

/// 3x3, stride 1, padding 1, channels in multiples of 16.
bool supports(const UpsampledGeometry& g);
/// A tenth fewer multiplications than on the enlarged image: not where x is so small that tiles of
/// 4x4 reach far over its edge.
bool is_worthwhile(const UpsampledGeometry& g);

/// Elements of U: of the four phases, then of skip's channels.
Index u_numel(const UpsampledGeometry& g);
void make_u(const Cpu& cpu, const UpsampledGeometry& g, const float* w, float* u);
void run(const Cpu& cpu, const UpsampledGeometry& g, const float* x, const float* skip,
         const float* u, const Conv2dEpilogue<float>& epilogue, float* y,
         std::span<std::byte> workspace);
std::size_t workspace_bytes(const Cpu& cpu, const UpsampledGeometry& g);

}  // namespace fpanet::kernels::winograd::phases
