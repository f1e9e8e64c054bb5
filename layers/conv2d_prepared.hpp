#pragma once
// A convolution with weights that were prepared beforehand, for inference on the CPU.
// kernels/conv2d.hpp explains the preparation.

#include <optional>

#include "engine/graph/graph.hpp"
#include "kernels/conv2d.hpp"

namespace fpanet {

/// [relu](conv2d(x, weight) + bias [+ residual]) in one sweep, without a gradient. g describes x
/// (N,C_in,H,W) and the weight. `prepared` is the prepared weight, a flat tensor with
/// conv2d_prepared_numel elements for g. bias (C_out); residual is shaped like the result.
Value conv2d_prepared(const kernels::Conv2dGeometry& g, Value x, Value prepared, Value bias,
                      std::optional<Value> residual, bool relu);

}  // namespace fpanet
