#pragma once

#include <cmath>
#include <cstdint>

#include "engine/core/index.hpp"
#include "kernels/base/body.hpp"
#include "kernels/dice.hpp"

namespace fpanet::kernels::body {

/// The label that applies to channel c of pixel p, and whether it is ignored.
struct DiceLabels {
  const std::int32_t* data;
  Index channels;
  bool per_channel;
  bool has_ignore;
  std::int32_t ignore;

  DiceLabels(const std::int32_t* labels, Index channel_count, const DiceOptions& options)
      : data(labels),
        channels(channel_count),
        per_channel(options.mode == DiceMode::multilabel),
        has_ignore(options.ignore_index.has_value()),
        ignore(static_cast<std::int32_t>(options.ignore_index.value_or(0))) {}

  FPANET_HD std::int32_t at(Index p, Index c) const {
    return per_channel ? data[p * channels + c] : data[p];
  }
  FPANET_HD bool ignored(std::int32_t label) const { return has_ignore && label == ignore; }
};

/// Target of channel c at a pixel with the given label: one-hot in multiclass mode, else the label.
FPANET_HD inline double dice_target(bool one_hot, std::int32_t label, Index c) {
  return one_hot ? (label == c ? 1.0 : 0.0) : static_cast<double>(label);
}

struct DiceClass {
  double intersection = 0, predicted = 0, labelled = 0;

  FPANET_HD double cardinality(double smooth) const { return predicted + labelled + smooth; }
  FPANET_HD double score(double smooth, double eps) const {
    const double k = cardinality(smooth);
    return (2 * intersection + smooth) / (k > eps ? k : eps);
  }
  FPANET_HD double loss(bool log_loss, double smooth, double eps) const {
    if (!(labelled > 0)) return 0;
    const double s = score(smooth, eps);
    return log_loss ? -std::log(s > eps ? s : eps) : 1 - s;
  }
};

/// Class c of the saved sums (3,C).
FPANET_HD inline DiceClass dice_class(const double* sums, Index channels, Index c) {
  return {sums[c], sums[channels + c], sums[2 * channels + c]};
}

/// d l_c / d p = on_target * t + everywhere.
struct DiceSlopes {
  double on_target = 0, everywhere = 0;

  FPANET_HD DiceSlopes times(double factor) const {
    return {factor * on_target, factor * everywhere};
  }
};

FPANET_HD inline DiceSlopes dice_slopes(const DiceClass& sums, bool log_loss, double smooth,
                                        double eps) {
  if (!(sums.labelled > 0)) return {};
  const double k = sums.cardinality(smooth);
  const double score = sums.score(smooth, eps);
  double outer = -1;
  if (log_loss) outer = score >= eps ? -1 / score : 0;
  if (k < eps) return {outer * 2 / eps, 0};
  return {outer * 2 / k, -outer * (2 * sums.intersection + smooth) / (k * k)};
}

}  // namespace fpanet::kernels::body
