#pragma once
// Dice, Jaccard and Tversky losses of the sums of each class; formulas in kernels/overlap_loss.hpp.

#include "engine/graph/graph.hpp"
#include "kernels/overlap_loss.hpp"

namespace fpanet {

/// sums f64 (3,C) of class_sums() -> a scalar of `dtype`. Without options.weights, each class has the
/// weight 1 / C; otherwise they are taken as they are.
Value overlap_loss(Value sums, kernels::OverlapLossOptions options, DType dtype);

}  // namespace fpanet
