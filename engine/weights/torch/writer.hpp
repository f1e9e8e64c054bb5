#pragma once
// Writes PyTorch's zip container (1.6 and later), which torch.load(weights_only=True) can read.

#include <filesystem>

#include "engine/weights/pickle/writer.hpp"
#include "engine/weights/training_state.hpp"

namespace fpanet {

/// The pickle and the data of its tensors, written atomically; throws Error naming the file.
void write_torch(const std::filesystem::path& path, PickleWriter object);

/// A bare state dict in the given order: torch.save(model.state_dict(), path).
void write_torch(const std::filesystem::path& path, const StateDict& tensors);

/// A checkpoint that pytorch-lightning 2.x takes in load_from_checkpoint and
/// trainer.fit(ckpt_path=...): training goes on with epoch `training.epochs_done`.
void write_lightning(const std::filesystem::path& path, const StateDict& tensors,
                     const TrainingState& training);

}  // namespace fpanet
