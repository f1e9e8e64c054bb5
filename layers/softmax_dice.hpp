#pragma once

#include "layers/dice.hpp"

namespace fpanet {

struct SoftmaxDice {
  Value probabilities;  ///< f32 for bf16 logits, else the logits' dtype; no gradient may pass
  Value loss;
};

/// Softmax over the classes of `logits` (N,C,H,W) and its multiclass Dice loss, with the results of
/// softmax() and dice_loss(). Recorded as a single node for up to kernels::kSoftmaxDiceClasses
/// classes, else as those two. `options.from_logits` is ignored, because the input always is
/// logits.
/// With `reduction`, the loss is that of the whole batch: two nodes, sums and loss, with the reduction
/// between them.
SoftmaxDice softmax_dice(Value logits, Value labels, const DiceLossOptions& options,
                         const BatchReduction* reduction = nullptr);

}  // namespace fpanet
