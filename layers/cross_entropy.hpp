#pragma once
// Cross-entropy as torch.nn.functional.cross_entropy computes it; formulas in
// kernels/cross_entropy.hpp.

#include <vector>

#include "engine/graph/graph.hpp"
#include "kernels/cross_entropy.hpp"

namespace fpanet {

struct CrossEntropyLossOptions {
  std::vector<double> class_weights = {};  ///< one per class; empty: 1 each
  double label_smoothing = 0;              ///< in [0,1]
  std::optional<Index> ignore_index = std::nullopt;
};

/// logits (N,C,H,W), labels i32 (N,1,H,W) -> a scalar: the weighted mean over the pixels that are
/// counted, 0 if there are none.
Value cross_entropy(Value logits, Value labels, const CrossEntropyLossOptions& options);

/// The two sums of that mean, f64 (2), for loss_mean(). `probabilities` are the softmax of `logits`,
/// in f32 for bf16; the gradient goes to the logits, past the probabilities.
Value cross_entropy_sums(Value logits, Value probabilities, Value labels,
                         const CrossEntropyLossOptions& options);

}  // namespace fpanet
