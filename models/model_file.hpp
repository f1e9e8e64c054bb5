#pragma once
// Conversion between a model's parameter store and the state dict of a weight file.

#include <string>

#include "engine/weights/state_dict.hpp"
#include "models/fpanet.hpp"

namespace fpanet {

/// All entries in state-dict order, in PyTorch's row-major layout.
StateDict to_state_dict(const ParameterStore& store);

/// The same entries under the notebook's names, whatever wrapper or prefix the file uses. An entry
/// whose name lacks that prefix is dropped.
StateDict with_notebook_names(const StateDict& weights);

/// The constructor parameters of the model that wrote a state dict (with the notebook's names). The
/// names and shapes determine encoder, depth, attention, channels and classes; `in_channels` are those
/// that the encoder reads. They do not reveal the preparation of the image and the activation, which
/// have their defaults. Throws Error naming `source` and the missing entry.
FPANetOptions infer_options(const StateDict& weights, const std::string& source);

}  // namespace fpanet
