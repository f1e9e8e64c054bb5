#pragma once
// The results of a pass over a data set: the notebook's six metrics, and a confusion matrix in
// which every pixel counts once. Used for training epochs, validation and fpanet_eval.

#include <cstdint>
#include <functional>

#include "apps/training/model_session.hpp"
#include "data/confusion.hpp"
#include "data/loader.hpp"
#include "data/metrics.hpp"

namespace fpanet {

/// The notebook's metrics, as Lightning logs them: means over batches, weighted by batch size.
/// Within a batch, all but the loss are reduced micro-imagewise.
struct EpochMetrics {
  EpochMean loss, iou, accuracy, precision, recall, f1;

  void add(double batch_loss, const Stats& stats);
};

/// Accumulates the results of batches.
class Tally {
 public:
  explicit Tally(Index classes) : confusion_(classes) {}

  /// Adds the results of a batch; call it after a training or evaluation program has run on the
  /// batch.
  void add(const Program& program);

  const EpochMetrics& metrics() const { return metrics_; }
  const ConfusionMatrix& confusion() const { return confusion_; }
  Index images() const { return images_; }

 private:
  EpochMetrics metrics_;
  ConfusionMatrix confusion_;
  Index images_ = 0;
};

/// The loss of every program: multiclass Dice on probabilities, ignoring kIgnoreLabel.
DiceLossOptions dice_options();

/// The statistics (SMP's get_stats) of a batch from the confusion counts of a program, which
/// exclude kIgnoreLabel.
Stats stats_of(const Tensor& confusion);

/// Copies a batch into the program's inputs.
void fill(Program& program, const Batch& batch);

/// Called after each batch. Returning false ends the pass early.
using BatchDone = std::function<bool(const Batch& batch, const Program& program)>;

/// Evaluates the model over one epoch of `loader`.
Tally evaluate(ModelSession& session, Loader& loader, const BatchDone& done = {});

}  // namespace fpanet
