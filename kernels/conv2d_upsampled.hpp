#pragma once
// 3x3 convolution of an image enlarged twofold, computed without storing the enlarged image where
// that is worthwhile. CPU only.
//
//   y = [relu](conv2d(concat(up(x), skip), w) [+ bias]), stride 1, padding 1
//
// x (N,C_up,H,W), skip (N,C_skip,2H,2W) or none, w (C_out,C_up+C_skip,3,3), y (N,C_out,2H,2W). up
// repeats each pixel in two rows and two columns (upsample2x.hpp). The epilogue has no residual.

#include <cstddef>
#include <span>
#include <string_view>

#include "kernels/conv2d.hpp"

namespace fpanet::kernels {

struct UpsampledGeometry {
  Conv2dGeometry whole;  ///< geometry of the convolution on the enlarged, concatenated image
  Index up_channels;     ///< C_up, the first channels of its C_in

  Index skip_channels() const { return whole.c_in - up_channels; }
  bool operator==(const UpsampledGeometry&) const = default;
};

/// Whether the convolution avoids the enlarged image (conv2d/winograd_phases.hpp).
bool conv2d_upsampled_is_worthwhile(const Cpu& cpu, const UpsampledGeometry& g);

/// If that is not worthwhile, the enlarged image is built in the workspace.
template <class T>
void conv2d_upsampled(const Cpu& cpu, const UpsampledGeometry& g, const T* x, const T* skip,
                      const T* w, const Conv2dEpilogue<T>& epilogue, T* y,
                      std::span<std::byte> workspace);
template <class T>
std::size_t conv2d_upsampled_workspace_bytes(const Cpu& cpu, const UpsampledGeometry& g);
/// Name of the implementation: "winograd phases" or "enlarged".
template <class T>
std::string_view conv2d_upsampled_implementation(const Cpu& cpu, const UpsampledGeometry& g);

/// Counterparts of conv2d_prepare and its related functions (conv2d.hpp). They may only be called
/// if conv2d_upsampled_is_worthwhile.
Index conv2d_upsampled_prepared_numel(const Cpu& cpu, const UpsampledGeometry& g);
void conv2d_upsampled_prepare(const Cpu& cpu, const UpsampledGeometry& g, const float* w,
                              float* prepared);
void conv2d_upsampled_prepared(const Cpu& cpu, const UpsampledGeometry& g, const float* x,
                               const float* skip, const float* prepared,
                               const Conv2dEpilogue<float>& epilogue, float* y,
                               std::span<std::byte> workspace);
std::size_t conv2d_upsampled_prepared_workspace_bytes(const Cpu& cpu, const UpsampledGeometry& g);

}  // namespace fpanet::kernels
