#pragma once
// The training loop: epochs of steps, validation, early stopping, checkpoints, logs.

#include <chrono>
#include <string_view>

#include "apps/cli/console.hpp"
#include "apps/fpanet_train/step_log.hpp"
#include "apps/fpanet_train/tensorboard.hpp"
#include "apps/fpanet_train/training_data.hpp"
#include "apps/training/background_task.hpp"
#include "apps/training/batch_feed.hpp"
#include "apps/training/checkpoint.hpp"
#include "apps/training/csv_logger.hpp"
#include "apps/training/monitor.hpp"
#include "apps/training/progress_state.hpp"
#include "apps/training/run_folder.hpp"
#include "apps/training/saved_state.hpp"
#include "apps/training/train_config.hpp"
#include "apps/training/wait_clock.hpp"

namespace fpanet {

class Trainer {
 public:
  enum class Outcome { finished, interrupted };

  /// Training starts or resumes at `state`. `configuration` is the text of config.toml. All references
  /// must outlive the trainer. The ranks of the session compute each step together and take every
  /// decision alike; rank 0 alone writes files.
  Trainer(const TrainConfig& config, const RunFolder& run, ModelSession& session,
          TrainingData& data, const std::string& configuration, Console& console,
          ProgressState state);

  /// Trains until the last epoch, early stopping or an interrupt. On an interrupt it saves the
  /// state within the epoch, during training as well as validation. Every --save-every minutes it
  /// saves the state, too. A thread writes what is saved while training goes on; it is done when this
  /// returns. Throws Error if a loss is not finite. This is detected one step later, and the files
  /// saved before remain. Throws Error within a step after a file could not be written.
  Outcome run();

  const ProgressState& state() const { return state_; }

 private:
  /// The micro-batch that the next batch is: its place among those of its optimizer step.
  struct Place {
    Index index = 0, count = 1;

    bool last() const { return index == count - 1; }
    MicroBatch kind() const;
  };
  Place place() const;
  Program& train_program(const BatchFeed::Item& item, MicroBatch micro_batch);
  Outcome train_epoch();
  /// Starts a micro-batch, then settles the previous one, so that a GPU has work while the host
  /// reads results.
  void step(const BatchFeed::Item& item);
  /// Waits for the pending micro-batch, if any, and adds its loss and counts to the metrics and, if
  /// it is the last of its step, their mean loss to the log.
  void settle();
  /// Whether the training stops here, and whether it saves its state, which all ranks know alike.
  struct Pause {
    bool stops = false, saves = false;
  };
  Pause pause();
  /// Throws Error if a loss is not finite. The message gives the value, epoch and step, and the
  /// last good checkpoint.
  void require_finite(std::string_view what, double value, std::int64_t epoch, std::int64_t step);
  /// Validates, logs, and saves the checkpoints and the training state.
  Outcome finish_epoch();
  /// The results of a pass over the validation scenes; none if it was interrupted.
  std::optional<Tally> validate(std::vector<ReportSample>& samples);
  /// Whether the encoder is frozen in the current epoch.
  bool encoder_frozen() const { return state_.epoch < config_.optimizer.freeze_encoder; }
  /// Whether the monitored column of the epoch's rows makes this epoch the best; else counts it
  /// towards early stopping.
  bool update_best(const std::vector<LoggedValue>& columns);
  CheckpointInfo info(std::optional<double> val_loss) const;
  /// The metadata of the best and the last checkpoint.
  Metadata checkpoint_metadata(std::optional<double> val_loss) const;
  /// Copies what is saved. Call when nothing is being written.
  SavedState copy_state();
  /// Writes the training state, behind the rows of its steps. For the thread that writes.
  void write_state(const SavedState& saved, const Metadata& metadata);
  /// Whether the last state that was saved within an epoch is older than --save-every.
  bool save_is_due() const;
  /// Saves the state within an epoch.
  void save_within_epoch();
  Outcome save_interrupted();

  const TrainConfig& config_;
  const RunFolder& run_;
  ModelSession& session_;
  TrainingData& data_;
  const std::string& configuration_;
  std::unique_ptr<ResidentScenes> resident_;
  BatchFeed feed_;
  WaitClock wait_;
  Console& console_;
  ProgressState state_;
  Schedule schedule_;
  Monitor monitor_;
  bool writes_;  // of rank 0 alone, which has the logs
  std::optional<CsvLogger> metrics_;
  std::optional<StepLog> steps_;
  std::optional<TensorBoard> tensorboard_;
  // The part of the current epoch that this process has trained.
  double epoch_seconds_ = 0;
  Index epoch_images_ = 0;
  std::chrono::steady_clock::time_point last_save_ = std::chrono::steady_clock::now();
  StateCopier copier_;

  struct PendingBatch {
    const Readback* outcome;
    Index whole;  ///< images of the whole batch
    std::int64_t epoch, global_step;
    double lr;
    bool ends_step;
  };
  std::optional<PendingBatch> pending_;
  EpochMean step_loss_;    // of the settled micro-batches of a step
  BackgroundTask saving_;  // last: what it writes and reads must live until it is done
};

}  // namespace fpanet
