#pragma once
// Reads the training state from the pickled dict of a Lightning checkpoint.

#include "engine/weights/torch/file.hpp"
#include "engine/weights/training_state.hpp"

namespace fpanet {

/// True if `root` has the keys that every Lightning checkpoint has.
bool is_lightning(const pickle::Dict& root);

/// Throws Error unless the checkpoint has the structure of a run with a single AdamW optimizer.
TrainingState read_training_state(TorchFile& file, const pickle::Dict& root);

}  // namespace fpanet
