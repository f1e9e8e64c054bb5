#pragma once
// Writes PyTorch's zip container (1.6 and later), which torch.load(weights_only=True) can read.

#include <filesystem>

#include "engine/weights/pickle/writer.hpp"
#include "engine/weights/training_state.hpp"

namespace fpanet {

/// Writes the pickle and the data of its tensors atomically. Throws an Error that names the file.
void write_torch(const std::filesystem::path& path, PickleWriter object);

/// Writes a bare state dict in the given order, like torch.save(model.state_dict(), path).
void write_torch(const std::filesystem::path& path, const StateDict& tensors);

/// Writes a checkpoint for load_from_checkpoint and trainer.fit(ckpt_path=...) of pytorch-lightning
/// 2.x. Training then continues with epoch `training.epochs_done`.
void write_lightning(const std::filesystem::path& path, const StateDict& tensors,
                     const TrainingState& training);

}  // namespace fpanet
