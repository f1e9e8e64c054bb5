#pragma once
// The definition of kernels/dice.hpp in plain loops, following SMP's losses/dice.py line by line.

#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels/dice.hpp"
#include "kernels/naive/image.hpp"

namespace fpanet::kernels::naive {

/// One entry of the target: its value, and a `mask` that is 0 where it is ignored.
struct DiceTarget {
  double value = 0, mask = 1;
};

inline DiceTarget dice_target(const std::int32_t* labels, Index pixel, Index c, Index channels,
                              const DiceOptions& options) {
  const bool multilabel = options.mode == DiceMode::multilabel;
  const std::int32_t label = labels[multilabel ? pixel * channels + c : pixel];
  if (options.ignore_index && label == *options.ignore_index) return {0, 0};
  if (options.mode == DiceMode::multiclass) return {label == c ? 1.0 : 0.0, 1};
  return {static_cast<double>(label), 1};
}

template <class T>
double dice(View<const T> p, const std::int32_t* labels, const DiceOptions& options) {
  double loss = 0;
  for (Index c = 0; c < p.c; ++c) {
    double intersection = 0, cardinality = 0, labelled = 0;
    for (Index pixel = 0; pixel < p.pixels(); ++pixel) {
      const DiceTarget t = dice_target(labels, pixel, c, p.c, options);
      const double prediction = t.mask * static_cast<double>(p.data[pixel * p.c + c]);
      intersection += prediction * t.value;
      cardinality += prediction + t.value;
      labelled += t.value;
    }
    const double score =
        (2 * intersection + options.smooth) / std::max(cardinality + options.smooth, options.eps);
    const double one = options.log_loss ? -std::log(std::max(score, options.eps)) : 1 - score;
    if (labelled > 0) loss += options.weights[static_cast<std::size_t>(c)] * one;
  }
  return loss;
}

}  // namespace fpanet::kernels::naive
