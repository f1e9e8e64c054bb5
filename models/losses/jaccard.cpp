#include "layers/class_weights.hpp"
#include "layers/overlap_loss.hpp"
#include "models/losses/loss.hpp"

namespace fpanet {

Value jaccard_loss_term(LossInputs& inputs) {
  return overlap_loss(
      inputs.class_sums(),
      {.measure = kernels::OverlapMeasure::jaccard,
       .weights = class_shares("jaccard", inputs.class_weights(), inputs.classes())},
      inputs.dtype());
}

}  // namespace fpanet
