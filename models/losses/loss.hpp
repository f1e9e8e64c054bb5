#pragma once
// The table of losses that an objective can name. A loss is a row of kRows (losses.cpp) and a file
// with its function.

#include <span>

#include "models/objective.hpp"

namespace fpanet {

/// What a loss is computed from. Probabilities and sums are recorded when they are first asked for,
/// so that all losses of an objective share them.
class LossInputs {
 public:
  LossInputs(const Objective& objective, Value logits, Value labels,
             const BatchReduction* reduction)
      : objective_(objective), logits_(logits), labels_(labels), reduction_(reduction) {}

  const Objective& objective() const { return objective_; }
  Value logits() const { return logits_; }
  Value labels() const { return labels_; }  ///< i32; ignore_index for what is not counted
  Index classes() const { return logits_.shape()[1]; }
  DType dtype() const;  ///< of losses
  /// Of the classes; 0 for those that are ignored, and empty if all are 1.
  std::vector<double> class_weights() const;
  const BatchReduction* reduction() const { return reduction_; }

  /// Softmax of the logits. No gradient passes through it: losses give theirs to the logits.
  Value probabilities();
  /// Sums of each class (class_sums.hpp) over the whole batch.
  Value class_sums();
  /// Whether several losses, or a reduction, need them.
  bool shares_class_sums() const;
  /// `sums` over the whole batch.
  Value total(Value sums) const;

  /// For a loss that is fused with the softmax.
  void set_probabilities(Value probabilities) { probabilities_ = probabilities; }

 private:
  const Objective& objective_;
  Value logits_, labels_;
  const BatchReduction* reduction_;
  Value probabilities_ = {}, sums_ = {};  // undefined until they are recorded
};

struct Loss {
  std::string_view name;
  Value (*record)(LossInputs&);
  std::string_view help;
  bool takes_class_weights = true;
  bool takes_label_smoothing = false;
  /// Computed from class_sums(), which are recorded together with the probabilities.
  bool of_class_sums = false;
  /// Whether the loss of a divided batch can be computed from sums over its parts.
  bool divides = true;
};

/// In the order of the table.
std::span<const Loss> losses();
/// Throws Error with the known names.
const Loss& find_loss(std::string_view name);

}  // namespace fpanet
