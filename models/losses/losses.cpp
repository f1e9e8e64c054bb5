#include <algorithm>

#include "engine/core/error.hpp"
#include "engine/core/join.hpp"
#include "models/losses/loss.hpp"

namespace fpanet {

// One row per loss: its name, which is also that of its function, NAME_loss_term in a file of this
// folder.
#define FPANET_LOSSES(ROW)                                                                         \
  ROW(dice, "Dice, the notebook's", .of_class_sums = true)                                         \
  ROW(ce, "cross-entropy", .takes_label_smoothing = true)                                          \
  ROW(jaccard, "intersection over union", .of_class_sums = true)                                   \
  ROW(tversky, "Dice with weights of false positives and negatives", .takes_class_weights = false, \
      .of_class_sums = true)                                                                       \
  ROW(focal, "cross-entropy of each class in which easy pixels count less")                        \
  ROW(lovasz, "intersection over union by sorted errors", .takes_class_weights = false,            \
      .divides = false)

#define FPANET_DECLARE(loss, ...) Value loss##_loss_term(LossInputs&);
#define FPANET_ROW(loss, text, ...) \
  Loss{.name = #loss, .record = loss##_loss_term, .help = text, __VA_ARGS__},

FPANET_LOSSES(FPANET_DECLARE)

std::span<const Loss> losses() {
  static constexpr Loss kRows[] = {FPANET_LOSSES(FPANET_ROW)};
  return kRows;
}

#undef FPANET_ROW
#undef FPANET_DECLARE
#undef FPANET_LOSSES

const Loss& find_loss(std::string_view name) {
  const auto found = std::ranges::find(losses(), name, &Loss::name);
  require(found != losses().end(), "unknown loss '{}': accepted are {}", name,
          join(loss_names(), ", "));
  return *found;
}

std::vector<std::string> loss_names() {
  std::vector<std::string> names;
  for (const Loss& loss : losses()) names.emplace_back(loss.name);
  return names;
}

}  // namespace fpanet
