#pragma once
// The progress of a training run. checkpoints/training_state.safetensors in the run folder stores
// it together with the parameters, AdamW's moments and the average of the parameters, so that a
// resumed run continues bit for bit.

#include <filesystem>
#include <limits>
#include <string>
#include <string_view>

#include "apps/training/evaluator.hpp"
#include "engine/weights/safetensors/safetensors.hpp"

namespace fpanet {

/// In training_state.safetensors, these prefixes plus a parameter's name are the names of its
/// moments.
inline constexpr const char* kFirstMoment = "optimizer.exp_avg.";
inline constexpr const char* kSecondMoment = "optimizer.exp_avg_sq.";
/// The same for the average of the parameters.
inline constexpr const char* kMovingAverage = "optimizer.average.";

struct ProgressState {
  std::int64_t epoch = 0;           ///< the epoch being trained, counted from 0
  std::int64_t batch = 0;           ///< completed batches of that epoch
  std::int64_t global_step = 0;     ///< optimizer steps
  std::int64_t frozen_steps = 0;    ///< those of which the encoder was frozen
  std::int64_t averaged_steps = 0;  ///< those that the average of the parameters has followed
  std::int64_t wait = 0;            ///< epochs since the monitored value improved
  bool stopped = false;             ///< whether early stopping ended the run
  std::int64_t best_epoch = -1;     ///< -1: none yet
  double best_value = std::numeric_limits<double>::infinity();  ///< of the monitored column
  /// What the run is trained for, with weights and classes as they follow from its data.
  Objective objective = {.ignore_index = kIgnoreLabel};
  EpochMetrics train;  ///< over the completed batches

  /// Begins epoch `next`: resets the batch count and the training metrics.
  void begin_epoch(std::int64_t next);
};

/// The progress as JSON, and back, except for the objective. Throws Error for a text that is no
/// progress.
std::string progress_text(const ProgressState& state);
ProgressState parse_progress(std::string_view text);

/// What a training state says beside its tensors (SavedState::training_state).
Metadata training_metadata(ModelSession& session, const ProgressState& state);
void save_training_state(const std::filesystem::path& path, ModelSession& session,
                         const ProgressState& state);
/// Only the progress, from a training state that was read from `path`.
ProgressState read_progress(const SafetensorsFile& file, const std::filesystem::path& path);
/// Loads parameters, buffers, moments and, if the session keeps one, the average. Throws Error
/// naming `path` if the file is incomplete, belongs to another model or holds values that are not
/// finite.
ProgressState load_training_state(const std::filesystem::path& path, ModelSession& session);

}  // namespace fpanet
