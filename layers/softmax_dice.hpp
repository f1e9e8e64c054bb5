#pragma once

#include "layers/dice.hpp"

namespace fpanet {

struct SoftmaxDice {
  Value probabilities;  ///< f32 for bf16 logits, else as these; for reading: no gradient passes
  Value loss;
};

/// Softmax over the classes of `logits` (N,C,H,W) and the multiclass Dice loss of it, as softmax() and
/// dice_loss() give them: in one node where the classes are few enough
/// (kernels::kSoftmaxDiceClasses), else in these two. `options.from_logits` has no say: they are.
SoftmaxDice softmax_dice(Value logits, Value labels, const DiceLossOptions& options);

}  // namespace fpanet
