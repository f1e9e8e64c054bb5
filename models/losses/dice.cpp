#include "layers/overlap_loss.hpp"
#include "layers/softmax_dice.hpp"
#include "models/losses/loss.hpp"

namespace fpanet {

/// One node together with the softmax, unless other losses or a reduction need the sums.
Value dice_loss_term(LossInputs& inputs) {
  const Objective& objective = inputs.objective();
  DiceLossOptions options = objective.dice;
  options.ignore_index = objective.ignore_index;
  options.class_weights = inputs.class_weights();
  if (inputs.shares_class_sums()) {
    return overlap_loss(inputs.class_sums(),
                        kernels::overlap_of(dice_kernel_options(options, inputs.classes())),
                        inputs.dtype());
  }
  const SoftmaxDice end = softmax_dice(inputs.logits(), inputs.labels(), options);
  inputs.set_probabilities(end.probabilities);
  return end.loss;
}

}  // namespace fpanet
