#pragma once
// SMP's DiceLoss (v0.3.3). The formulas are in kernels/dice.hpp.

#include "kernels/dice.hpp"
#include "layers/batch_reduction.hpp"

namespace fpanet {

struct DiceLossOptions {
  kernels::DiceMode mode = kernels::DiceMode::multiclass;
  bool from_logits = true;  ///< apply softmax (multiclass) or sigmoid first
  bool log_loss = false;    ///< -log(score) instead of 1 - score
  double smooth = 0;
  double eps = 1e-7;
  std::optional<Index> ignore_index = std::nullopt;
  std::vector<Index> classes = {};  ///< classes that count, empty: all; not for binary
  /// One per class, for a weighted mean over the classes; empty: 1 each. Not for binary.
  std::vector<double> class_weights = {};

  bool operator==(const DiceLossOptions&) const = default;
};

/// prediction (N,C,H,W), labels i32 -> scalar loss. Multiclass labels are (N,1,H,W) in [0,C);
/// binary (C = 1) and multilabel labels have the prediction's shape and are 0 or 1.
/// With `reduction`, it is the loss of the whole batch: two nodes, sums and loss, with the reduction
/// between them.
Value dice_loss(Value prediction, Value labels, const DiceLossOptions& options,
                const BatchReduction* reduction = nullptr);

/// The kernels' options for a loss over `channels` channels.
kernels::DiceOptions dice_kernel_options(const DiceLossOptions& options, Index channels);

}  // namespace fpanet
