#include "layers/class_weights.hpp"
#include "layers/overlap_loss.hpp"
#include "models/losses/loss.hpp"

namespace fpanet {

Value tversky_loss_term(LossInputs& inputs) {
  const Objective& objective = inputs.objective();
  return overlap_loss(
      inputs.class_sums(),
      {.measure = kernels::OverlapMeasure::tversky,
       .alpha = objective.tversky_alpha,
       .beta = objective.tversky_beta,
       .gamma = objective.tversky_gamma,
       .weights = class_shares("tversky", inputs.class_weights(), inputs.classes())},
      inputs.dtype());
}

}  // namespace fpanet
