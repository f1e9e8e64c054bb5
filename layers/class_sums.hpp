#pragma once
// Sums of each class over a batch; formulas in kernels/class_sums.hpp.

#include "engine/graph/graph.hpp"
#include "kernels/class_sums.hpp"

namespace fpanet {

/// p (N,C,H,W), labels i32 as `targets` says -> f64 (3,C): sums of p t, p and t.
Value class_sums(Value p, Value labels, const kernels::ClassTargets& targets);

struct SoftmaxClassSums {
  Value probabilities;  ///< f32 for bf16 logits, else the logits' dtype; no gradient may pass
  Value sums;           ///< f64 (3,C)
};

/// Softmax over the classes of `logits` (N,C,H,W) and the sums of labels i32 (N,1,H,W). Recorded as a
/// single node for up to kernels::kSoftmaxSumClasses classes, else as softmax() and class_sums().
SoftmaxClassSums softmax_class_sums(Value logits, Value labels, std::optional<Index> ignore_index);

}  // namespace fpanet
