#pragma once
// The results of a pass over a data set: the notebook's six metrics, and a confusion matrix in
// which every pixel counts once. Used for training epochs, validation and fpanet_eval.

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "apps/prediction/symmetries.hpp"
#include "apps/training/model_session.hpp"
#include "data/confusion.hpp"
#include "data/loader.hpp"
#include "data/metrics.hpp"

namespace fpanet {

/// The notebook's metrics, as Lightning logs them: means over batches, weighted by batch size.
/// Within a batch, all but the loss are reduced micro-imagewise. Images of which no pixel is counted
/// have no metrics, and a batch of such images has no loss: they are left out.
struct EpochMetrics {
  EpochMean loss, iou, accuracy, precision, recall, f1;

  void add(double batch_loss, const Stats& batch);
  /// All but the loss.
  void add_scores(const Stats& counted_images);
};

/// True if any pixel of a batch is counted.
bool any_counted(const Stats& stats);

/// Accumulates the results of batches.
class Tally {
 public:
  Tally(Index classes, const Objective& objective)
      : objective_(objective), confusion_(classes, objective.ignored_classes) {}

  /// Adds the results of a batch: its loss, and confusion counts i64 (N,classes+1,classes+1).
  void add(double loss, const Tensor& confusion);
  /// The same for windows of pictures: windows that follow one another in a picture are one image in the
  /// notebook's metrics. `pictures` has the picture of each window. Call finish() behind the last batch.
  void add_windows(double loss, const Tensor& confusion, std::span<const Index> pictures);
  void finish();

  const Objective& objective() const { return objective_; }
  const EpochMetrics& metrics() const { return metrics_; }
  const ConfusionMatrix& confusion() const { return confusion_; }
  Index images() const { return images_; }

 private:
  Objective objective_;
  EpochMetrics metrics_;
  ConfusionMatrix confusion_;
  Index images_ = 0;
  std::optional<Index> picture_;          // the one that its windows have not been finished of
  std::vector<std::int64_t> of_picture_;  // the sum of their counts
};

/// The statistics (SMP's get_stats) of a batch from the confusion counts of a program, which
/// exclude kIgnoreLabel.
Stats stats_of(const Tensor& confusion);

/// Copies a batch into the program's inputs.
void fill(Program& program, const Batch& batch);

/// What a batch came to.
struct BatchResult {
  double loss = 0;
  Tensor confusion;  ///< on the CPU
  /// (N,classes,H,W), in memory of the device that the next batch overwrites.
  Tensor probabilities;
};

/// Called after each batch, of which ranks have their parts. Returning false, on any rank, ends the
/// pass early.
using BatchDone = std::function<bool(const Batch& batch, const BatchResult& result)>;

/// Evaluates the model by the session's objective over one epoch of `loader`. The ranks of the session
/// share each batch, and every rank has the tally of all. The loss of a batch is then that of the whole
/// batch, or the mean of the parts' losses if the objective does not divide (rank_parts.hpp).
Tally evaluate(ModelSession& session, Loader& loader, const BatchDone& done = {});

/// The same with test-time averaging: loss and counts are those of the mean probabilities.
Tally evaluate_averaged(ModelSession& session, Loader& loader, const std::vector<Symmetry>& over,
                        const BatchDone& done = {});

/// The loss and the counts of given probabilities (N,classes,H,W) of a softmax, f32 or f64 on the CPU,
/// as if the network had logits whose softmax they are: their logarithms. Focal loss, which reads
/// logits one by one, therefore differs from that of the network's own logits.
BatchResult judge(const Objective& objective, const Tensor& probabilities, const Tensor& labels,
                  const BatchReduction* reduction = nullptr);

}  // namespace fpanet
