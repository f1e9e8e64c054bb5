#include "layers/lovasz.hpp"

#include "models/losses/loss.hpp"

namespace fpanet {

/// Over the whole batch.
Value lovasz_loss_term(LossInputs& inputs) {
  return lovasz_loss(inputs.logits(), inputs.probabilities(), inputs.labels(),
                     {.ignore_index = inputs.objective().ignore_index});
}

}  // namespace fpanet
