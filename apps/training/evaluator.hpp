#pragma once
// What a pass over a data set tells: the notebook's six numbers and the ones that count each pixel
// once. Used for training epochs, validation and fpanet_eval.

#include <cstdint>
#include <functional>

#include "apps/training/model_session.hpp"
#include "data/confusion.hpp"
#include "data/loader.hpp"
#include "data/metrics.hpp"

namespace fpanet {

/// The notebook's numbers: means over batches weighted by batch size, as Lightning logs them; the
/// metrics are micro-imagewise within a batch.
struct EpochMetrics {
  EpochMean loss, iou, accuracy, precision, recall, f1;

  void add(double batch_loss, const Stats& stats);
};

/// Collects the outcome of batches.
class Tally {
 public:
  explicit Tally(Index classes) : confusion_(classes) {}

  /// After a training or evaluation program has run on a batch.
  void add(const Program& program);

  const EpochMetrics& metrics() const { return metrics_; }
  const ConfusionMatrix& confusion() const { return confusion_; }
  Index images() const { return images_; }

 private:
  EpochMetrics metrics_;
  ConfusionMatrix confusion_;
  Index images_ = 0;
};

/// The loss of every program: multiclass Dice on probabilities, kIgnoreLabel left out.
DiceLossOptions dice_options();

/// get_stats of the batch that a program has run on, kIgnoreLabel left out.
Stats stats_of(const Tensor& confusion);

/// Copies a batch into the program's inputs.
void fill(Program& program, const Batch& batch);

/// Called after each batch; returning false ends the pass early.
using BatchDone = std::function<bool(const Batch& batch, const Program& program)>;

/// Runs the model in evaluation mode over one epoch of `loader`.
Tally evaluate(ModelSession& session, Loader& loader, const BatchDone& done = {});

}  // namespace fpanet
