#pragma once
// Between Lightning's checkpoints and our training runs: a run that Lightning began goes on here,
// and one of ours goes on there.

#include <filesystem>

#include "apps/training/progress_state.hpp"
#include "engine/weights/weights_file.hpp"

namespace fpanet {

/// Reads FILE.ckpt with its training state. Throws Error when there is no training in it that could
/// go on: no Lightning checkpoint, no optimizer state, an optimizer or schedule that is not ours.
WeightsFile read_lightning(const std::filesystem::path& path);

/// Fills AdamW's moments and step count; `session` has been filled with the file's weights. Returns
/// where training goes on: the first batch of the epoch after the file's last whole one. Throws
/// Error naming the parameter for moments that are missing or do not fit.
ProgressState load_lightning_state(const WeightsFile& file, ModelSession& session);

/// What Lightning would have saved at the end of the last epoch of a run folder. Throws Error for a
/// run that has not finished its first epoch or was interrupted within one.
WeightsFile lightning_checkpoint(const std::filesystem::path& run);

}  // namespace fpanet
