#pragma once
// Conversion between Lightning's checkpoints and this project's training runs: a run that Lightning
// began can continue here, and a run that began here can continue in Lightning.

#include <filesystem>

#include "apps/training/progress_state.hpp"
#include "engine/weights/weights_file.hpp"

namespace fpanet {

/// Reads FILE.ckpt with its training state. The state of callbacks that watched something other than
/// val/Loss is dropped and described in training->left_aside. Throws Error if training cannot
/// continue from it: it is not a Lightning checkpoint, lacks optimizer state, or has optimizer
/// settings or a learning-rate schedule that are not supported here.
WeightsFile read_lightning(const std::filesystem::path& path);

/// Loads AdamW's moments and step count; `session` must already have the file's weights. Returns
/// where training continues: at the first batch of the epoch after the last one that the file
/// completed. Throws Error naming the parameter if moments are missing or do not fit.
ProgressState load_lightning_state(const WeightsFile& file, ModelSession& session);

/// The checkpoint that Lightning would have saved at the end of the last epoch of a run folder.
/// Throws Error if the run has not finished its first epoch or was interrupted within an epoch.
WeightsFile lightning_checkpoint(const std::filesystem::path& run);

}  // namespace fpanet
