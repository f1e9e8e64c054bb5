#pragma once
// A convolution whose weights were prepared beforehand, for inference on the CPU; what prepared
// means is told in kernels/conv2d.hpp.

#include <optional>

#include "engine/graph/graph.hpp"
#include "kernels/conv2d.hpp"

namespace fpanet {

/// [relu](conv2d(x, weight) + bias [+ residual]) in one sweep, without a gradient. `prepared` is flat:
/// conv2d_prepared_numel elements for g, which describes the weight and x (N,C_in,H,W).
/// bias (C_out); residual is shaped like the result.
Value conv2d_prepared(const kernels::Conv2dGeometry& g, Value x, Value prepared, Value bias,
                      std::optional<Value> residual, bool relu);

}  // namespace fpanet
