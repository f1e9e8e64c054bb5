#pragma once
// The training loop: epochs of steps, validation, early stopping, checkpoints, logs.

#include <string_view>

#include "apps/cli/console.hpp"
#include "apps/fpanet_train/step_log.hpp"
#include "apps/fpanet_train/training_data.hpp"
#include "apps/training/batch_feed.hpp"
#include "apps/training/checkpoint.hpp"
#include "apps/training/csv_logger.hpp"
#include "apps/training/progress_state.hpp"
#include "apps/training/run_folder.hpp"
#include "apps/training/train_config.hpp"
#include "apps/training/wait_clock.hpp"

namespace fpanet {

class Trainer {
 public:
  enum class Outcome { finished, interrupted };

  /// `state` says where to begin. All references must outlive the trainer.
  Trainer(const TrainConfig& config, const RunFolder& run, ModelSession& session,
          TrainingData& data, Console& console, ProgressState state);

  /// Trains until the last epoch, early stopping or an interrupt; the latter saves in the middle of
  /// an epoch, be it in training or validation. Throws Error when a loss is not finite, which is
  /// seen one step later: what was saved before stays.
  Outcome run();

  const ProgressState& state() const { return state_; }

 private:
  Program& train_program(const BatchFeed::Item& item);
  Outcome train_epoch();
  /// Starts a step, then books the one before: so a GPU has work while the host reads its numbers.
  void step(const BatchFeed::Item& item);
  /// Books the step under way, if there is one: its loss and counts go into log and metrics.
  void settle();
  /// Throws Error for a loss that is not a number: what it is, where, and which checkpoint is good.
  void require_finite(std::string_view what, double value, std::int64_t epoch,
                      std::int64_t step) const;
  /// Validates, logs, and saves what is best so far.
  Outcome finish_epoch();
  void update_best(double val_loss);
  CheckpointInfo info(std::optional<double> val_loss) const;
  void save_state();
  Outcome save_interrupted();

  const TrainConfig& config_;
  const RunFolder& run_;
  ModelSession& session_;
  TrainingData& data_;
  std::unique_ptr<ResidentScenes> resident_;
  BatchFeed feed_;
  WaitClock wait_;
  Console& console_;
  ProgressState state_;
  CsvLogger metrics_;
  StepLog steps_;
  // Of the epoch's training, as far as this process did it.
  double epoch_seconds_ = 0;
  Index epoch_images_ = 0;

  struct PendingStep {
    const Readback* outcome;
    std::int64_t epoch, global_step;
  };
  std::optional<PendingStep> pending_;
};

}  // namespace fpanet
