#pragma once
// Training state out of a Lightning checkpoint's pickled dict.

#include "engine/weights/torch/file.hpp"
#include "engine/weights/training_state.hpp"

namespace fpanet {

/// Whether `root` has the keys every Lightning checkpoint has.
bool is_lightning(const pickle::Dict& root);

/// Throws Error naming what a Lightning checkpoint of one AdamW optimizer would have there.
TrainingState read_training_state(TorchFile& file, const pickle::Dict& root);

}  // namespace fpanet
