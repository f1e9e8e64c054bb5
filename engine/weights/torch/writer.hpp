#pragma once
// Writes PyTorch's zip container (1.6 and later), which torch.load(weights_only=True) can read.

#include <filesystem>

#include "engine/weights/metadata.hpp"
#include "engine/weights/pickle/writer.hpp"
#include "engine/weights/state_dict.hpp"
#include "engine/weights/training_state.hpp"

namespace fpanet {

/// The name under which a PyTorch file holds the metadata that a safetensors file has in its header.
inline constexpr const char* kMetadataKey = "fpanet_metadata";
/// Writes them as a dict of texts.
void write_metadata(PickleWriter& out, const Metadata& metadata);

/// Writes the pickle and the data of its tensors atomically. Throws an Error that names the file.
void write_torch(const std::filesystem::path& path, PickleWriter object);

/// Writes a bare state dict in the given order, like torch.save(model.state_dict(), path).
/// Metadata, if there are any, become an attribute of it, which load_state_dict() ignores.
void write_torch(const std::filesystem::path& path, const StateDict& tensors,
                 const Metadata& metadata = {});

/// Writes a checkpoint for load_from_checkpoint and trainer.fit(ckpt_path=...) of pytorch-lightning
/// 2.x. Training then continues with epoch `training.epochs_done`.
/// Metadata, if there are any, are one more entry of it, which Lightning ignores.
void write_lightning(const std::filesystem::path& path, const StateDict& tensors,
                     const TrainingState& training, const Metadata& metadata = {});

}  // namespace fpanet
