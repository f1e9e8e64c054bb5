#pragma once
// Two-dimensional convolution as a graph op. The formulas are in kernels/conv2d.hpp.

#include <optional>

#include "engine/graph/graph.hpp"
#include "kernels/conv2d.hpp"

namespace fpanet {

struct Conv2dParams {
  Index stride = 1;
  Index padding = 0;  ///< zeros on every side
};

/// The geometry, as the kernels take it, of the convolution of x (N,C_in,H,W) with weight
/// (C_out,C_in,KH,KW).
kernels::Conv2dGeometry conv2d_geometry(const Shape& x, const Shape& weight, Conv2dParams params);

/// x (N,C_in,H,W), weight (C_out,C_in,KH,KW), bias (C_out) or none -> (N,C_out,OH,OW) with
/// OH = floor((H + 2*padding - KH) / stride) + 1. Backward reads x and weight.
Value conv2d(Value x, Value weight, std::optional<Value> bias, Conv2dParams params = {});

struct Conv2dWithStatistics {
  Value y;
  Value statistics;  ///< (2,C_out) f64: mean and biased variance of each channel of y
};

/// conv2d without a bias that also returns the statistics of y, so that a batch norm in training
/// need not read y to compute them. The statistics have no gradient: the backward of the batch norm
/// already includes the path through them. Backward is therefore the same as for conv2d.
Conv2dWithStatistics conv2d_with_statistics(Value x, Value weight, Conv2dParams params = {});

/// [relu](conv2d(x, weight) + bias [+ residual]) in one sweep. It is for inference and has no
/// gradient. residual is shaped like the result.
Value conv2d_fused(Value x, Value weight, Value bias, std::optional<Value> residual,
                   Conv2dParams params, bool relu);

}  // namespace fpanet
