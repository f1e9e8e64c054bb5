#pragma once
// Between a model's parameter store and a state dict of a weight file.

#include <string>

#include "engine/weights/state_dict.hpp"
#include "models/fpanet.hpp"

namespace fpanet {

/// Every entry in state-dict order, in PyTorch's row-major layout.
StateDict to_state_dict(const ParameterStore& store);

/// The same entries under the notebook's names, whichever wrapper or prefix they came with.
StateDict with_notebook_names(const StateDict& weights);

/// The constructor parameters that a state dict (with the notebook's names) was made with: encoder,
/// depth, channels and classes follow from its names and shapes; the activation leaves no trace and
/// stays softmax2d. Throws Error naming `source` and what is missing.
FPANetOptions infer_options(const StateDict& weights, const std::string& source);

}  // namespace fpanet
