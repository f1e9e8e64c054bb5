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

struct Conv2dWithStatistics {
  Value y;
  Value statistics;  ///< (2,C_out) f64: mean and biased variance of each channel of y
};

/// conv2d without a bias, for a batch norm in training, which then need not read y for them. Its
/// backward is conv2d's: a batch norm's gradient holds what comes through the statistics, so they
/// have none of their own.
Conv2dWithStatistics conv2d_with_statistics(Value x, Value weight, Conv2dParams params = {});

/// [relu](conv2d(x, weight) + bias [+ residual]) in one sweep, for inference: it has no gradient.
/// residual is shaped like the result.
Value conv2d_fused(Value x, Value weight, Value bias, std::optional<Value> residual,
                   Conv2dParams params, bool relu);

}  // namespace fpanet
