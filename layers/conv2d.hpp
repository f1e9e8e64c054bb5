#pragma once
// Two-dimensional convolution as a graph op; formulas in kernels/conv2d.hpp.

#include <optional>

#include "engine/graph/graph.hpp"
#include "kernels/conv2d.hpp"

namespace fpanet {

struct Conv2dParams {
  Index stride = 1;
  Index padding = 0;  ///< zeros on every side
};

/// What the kernels want to know of x (N,C_in,H,W) and weight (C_out,C_in,KH,KW).
kernels::Conv2dGeometry conv2d_geometry(const Shape& x, const Shape& weight, Conv2dParams params);

/// x (N,C_in,H,W), weight (C_out,C_in,KH,KW), bias (C_out) or none -> (N,C_out,OH,OW) with
/// OH = floor((H + 2*padding - KH) / stride) + 1. Backward reads x and weight.
Value conv2d(Value x, Value weight, std::optional<Value> bias, Conv2dParams params = {});

/// [relu](conv2d(x, weight) + bias [+ residual]) in one sweep, for inference: it has no gradient.
/// residual is shaped like the result.
Value conv2d_fused(Value x, Value weight, Value bias, std::optional<Value> residual,
                   Conv2dParams params, bool relu);

}  // namespace fpanet
