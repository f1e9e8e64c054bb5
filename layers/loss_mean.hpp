#pragma once

#include "engine/graph/graph.hpp"

namespace fpanet {

/// sums f64 (2) of a loss's weighted terms and of their weights -> their mean, a scalar of `dtype`;
/// 0 where the weights' sum is 0. Formulas in kernels/loss_mean.hpp.
Value loss_mean(Value sums, DType dtype);

}  // namespace fpanet
