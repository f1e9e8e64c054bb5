#include "layers/focal.hpp"

#include "layers/loss_mean.hpp"
#include "models/losses/loss.hpp"

namespace fpanet {

Value focal_loss_term(LossInputs& inputs) {
  const Objective& objective = inputs.objective();
  const Value sums = focal_sums(inputs.logits(), inputs.labels(),
                                {.gamma = objective.focal_gamma,
                                 .class_weights = inputs.class_weights(),
                                 .ignore_index = objective.ignore_index});
  return loss_mean(inputs.total(sums), inputs.dtype());
}

}  // namespace fpanet
