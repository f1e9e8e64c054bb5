#pragma once
// The convolution of an upsampled image as a single op, for inference on the CPU. The formulas are
// in kernels/conv2d_upsampled.hpp.

#include <optional>

#include "engine/graph/graph.hpp"
#include "kernels/conv2d_upsampled.hpp"

namespace fpanet {

/// The geometry of the convolution, with padding 1, of upsample2x_concat(x, skip): x (N,C_up,H,W),
/// skip (N,C_skip,2H,2W) or none, weight (C_out,C_up+C_skip,3,3).
kernels::UpsampledGeometry upsampled_geometry(const Shape& x, const std::optional<Shape>& skip,
                                              const Shape& weight);

/// [relu](conv2d(upsample2x_concat(x, skip), weight) + bias), without a gradient. The weight is
/// (C_out,C_in,3,3) or, only in f32, prepared for g: a flat tensor with
/// conv2d_upsampled_prepared_numel elements.
Value conv2d_upsampled(const kernels::UpsampledGeometry& g, Value x, std::optional<Value> skip,
                       Value weight, Value bias, bool relu);

}  // namespace fpanet
