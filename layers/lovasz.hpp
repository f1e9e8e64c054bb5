#pragma once
// Lovasz-softmax loss; formulas in kernels/lovasz.hpp.

#include "engine/graph/graph.hpp"
#include "kernels/lovasz.hpp"

namespace fpanet {

/// logits (N,C,H,W), labels i32 (N,1,H,W) -> a scalar.
Value lovasz_loss(Value logits, Value labels, const kernels::LovaszOptions& options);

/// The same from the softmax of the logits, in f32 for bf16. The gradient goes to the logits, past
/// the probabilities.
Value lovasz_loss(Value logits, Value probabilities, Value labels,
                  const kernels::LovaszOptions& options);

}  // namespace fpanet
