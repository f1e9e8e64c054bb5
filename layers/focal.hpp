#pragma once
// Focal loss of segmentation-models-pytorch 0.6; formulas in kernels/focal.hpp.

#include <vector>

#include "engine/graph/graph.hpp"
#include "kernels/focal.hpp"

namespace fpanet {

struct FocalLossOptions {
  double gamma = 2;
  std::vector<double> class_weights = {};  ///< for a weighted mean over classes; empty: 1 each
  std::optional<Index> ignore_index = std::nullopt;
};

/// logits (N,C,H,W), labels i32 (N,1,H,W) -> a scalar: the mean over classes and the pixels that are
/// counted, 0 if there are none.
Value focal_loss(Value logits, Value labels, const FocalLossOptions& options);

/// The two sums of that mean, f64 (2), for loss_mean().
Value focal_sums(Value logits, Value labels, const FocalLossOptions& options);

}  // namespace fpanet
