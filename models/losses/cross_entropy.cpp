#include "layers/cross_entropy.hpp"

#include "layers/loss_mean.hpp"
#include "models/losses/loss.hpp"

namespace fpanet {

Value ce_loss_term(LossInputs& inputs) {
  const Objective& objective = inputs.objective();
  const Value sums = cross_entropy_sums(inputs.logits(), inputs.probabilities(), inputs.labels(),
                                        {.class_weights = inputs.class_weights(),
                                         .label_smoothing = objective.label_smoothing,
                                         .ignore_index = objective.ignore_index});
  return loss_mean(inputs.total(sums), inputs.dtype());
}

}  // namespace fpanet
