#pragma once
// How far a training run has come, and everything needed to go on bit for bit: in
// checkpoints/training_state.safetensors, parameters and AdamW's moments beside these numbers.

#include <filesystem>
#include <limits>

#include "apps/training/evaluator.hpp"
#include "engine/weights/safetensors/safetensors.hpp"

namespace fpanet {

/// What stands before a parameter's name to name its moments in training_state.safetensors.
inline constexpr const char* kFirstMoment = "optimizer.exp_avg.";
inline constexpr const char* kSecondMoment = "optimizer.exp_avg_sq.";

struct ProgressState {
  std::int64_t epoch = 0;        ///< the one being trained, counted from 0
  std::int64_t batch = 0;        ///< batches of it that are done
  std::int64_t global_step = 0;  ///< optimizer steps
  std::int64_t wait = 0;         ///< epochs since the validation loss improved
  bool stopped = false;          ///< by early stopping
  double best_loss = std::numeric_limits<double>::infinity();
  std::int64_t best_epoch = -1;
  EpochMetrics train;  ///< of the batches done

  /// Batches, steps and metrics of an epoch are behind: the next one begins.
  void begin_epoch(std::int64_t next);
};

void save_training_state(const std::filesystem::path& path, ModelSession& session,
                         const ProgressState& state);
/// The numbers alone, of a training state that was read from `path`.
ProgressState read_progress(const SafetensorsFile& file, const std::filesystem::path& path);
/// Fills parameters, buffers and moments; throws Error naming `path` for a file of another model or
/// with numbers missing.
ProgressState load_training_state(const std::filesystem::path& path, ModelSession& session);

}  // namespace fpanet
