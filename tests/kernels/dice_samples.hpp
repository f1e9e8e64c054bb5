#pragma once
// The options with which dice and softmax_dice are tested.

#include <vector>

#include "kernels/dice.hpp"
#include "tests/kernels/check.hpp"

namespace fpanet::test {

inline std::vector<kernels::DiceOptions> dice_options(Index channels) {
  using kernels::DiceMode;
  const std::vector<double> mean = filled<double>(channels, 1 / static_cast<double>(channels));
  const DiceMode whole = channels == 1 ? DiceMode::binary : DiceMode::multiclass;
  return {{.mode = whole, .weights = mean},
          {.mode = whole, .log_loss = true, .smooth = 1, .weights = mean},
          {.mode = whole, .ignore_index = 0, .weights = mean},
          {.mode = DiceMode::multilabel, .ignore_index = 2, .weights = mean}};
}

}  // namespace fpanet::test
