#pragma once

#include <cstdint>

#include "engine/core/index.hpp"
#include "kernels/base/body.hpp"
#include "kernels/class_sums.hpp"

namespace fpanet::kernels::body {

/// The label that applies to channel c of pixel p, and whether it is ignored.
struct ClassLabels {
  const std::int32_t* data;
  Index channels;
  bool per_channel;
  bool has_ignore;
  std::int32_t ignore;

  ClassLabels(const std::int32_t* labels, Index channel_count, const ClassTargets& targets)
      : data(labels),
        channels(channel_count),
        per_channel(targets.mode == DiceMode::multilabel),
        has_ignore(targets.ignore_index.has_value()),
        ignore(static_cast<std::int32_t>(targets.ignore_index.value_or(0))) {}

  FPANET_HD std::int32_t at(Index p, Index c) const {
    return per_channel ? data[p * channels + c] : data[p];
  }
  FPANET_HD bool ignored(std::int32_t label) const { return has_ignore && label == ignore; }
};

/// The target of channel c at a pixel with the given label: one-hot in multiclass mode, else the
/// label itself.
FPANET_HD inline double class_target(bool one_hot, std::int32_t label, Index c) {
  return one_hot ? (label == c ? 1.0 : 0.0) : static_cast<double>(label);
}

}  // namespace fpanet::kernels::body
