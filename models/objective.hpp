#pragma once
// What a network is trained for: a weighted sum of losses with their options. The table of losses
// is in models/losses/loss.hpp.

#include <optional>
#include <string>
#include <vector>

#include "layers/activation.hpp"
#include "layers/dice.hpp"

namespace fpanet {

struct ObjectiveTerm {
  double factor = 1;
  std::string loss = "dice";

  bool operator==(const ObjectiveTerm&) const = default;
};

/// The default is the notebook's: Dice.
struct Objective {
  std::vector<ObjectiveTerm> terms = {{}};
  std::vector<double> class_weights = {};   ///< one per class; empty: all classes count alike
  std::vector<Index> ignored_classes = {};  ///< pixels with these labels are not counted
  /// The label of other pixels that are not counted. The confusion counts leave them out, too.
  std::optional<Index> ignore_index = std::nullopt;
  double label_smoothing = 0;  ///< of cross-entropy
  double tversky_alpha = 0.5, tversky_beta = 0.5, tversky_gamma = 1;
  double focal_gamma = 2;
  /// Dice's own options. Classes weights and ignore_index are those above; other modes than
  /// multiclass and other activations than softmax work with Dice alone.
  DiceLossOptions dice = {.from_logits = false};

  /// "0.5*dice+ce"
  std::string name() const;
  /// Throws Error for a loss that is not known, for options that do not fit the losses, and for
  /// weights or ignored classes that do not fit so many classes.
  void check(Index classes) const;

  bool operator==(const Objective&) const = default;
};

/// The terms of a sum such as "0.5*dice+ce". Throws Error saying what is accepted.
std::vector<ObjectiveTerm> parse_objective_terms(std::string_view text);
/// The names of all losses.
std::vector<std::string> loss_names();

struct ObjectiveValues {
  Value loss, probabilities;
  Value labels;  ///< those given, with ignore_index for the ignored classes
  std::optional<Index> ignore_index;
};

/// Records loss and probabilities of logits (N,C,H,W), of the dtype that the network computes in, and
/// labels i32 (N,1,H,W). Softmax, where it is the activation, is fused with the loss or shared by all
/// losses. Loss and probabilities have `dtype`. With `reduction`, the loss is that of the whole batch.
ObjectiveValues record_objective(const Objective& objective, Value logits, Value labels,
                                 Activation activation, DType dtype,
                                 const BatchReduction* reduction = nullptr);

/// All that is not a convention of the data (ignore_index), as one line of JSON for a checkpoint's
/// metadata.
std::string to_json(const Objective& objective);
/// Throws Error naming `source` for an unknown loss or option, or a text that is no such JSON.
Objective objective_from_json(const std::string& text, const std::string& source);

}  // namespace fpanet
