#pragma once

#include <cstdint>
#include <optional>

#include "engine/core/host_device.hpp"
#include "engine/core/index.hpp"

namespace fpanet::kernels::body {

/// One label per pixel, i32.
struct PixelLabels {
  const std::int32_t* data;
  Index channels;
  std::int32_t ignore;

  /// Without an ignore_index nothing is ignored: -1 is no class in any case.
  PixelLabels(const std::int32_t* labels, Index channel_count, std::optional<Index> ignore_index)
      : data(labels),
        channels(channel_count),
        ignore(static_cast<std::int32_t>(ignore_index.value_or(-1))) {}

  /// The class of a pixel; -1 for a pixel that is not counted.
  FPANET_HD std::int32_t at(Index pixel) const {
    const std::int32_t label = data[pixel];
    return label < 0 || label >= channels || label == ignore ? -1 : label;
  }
};

}  // namespace fpanet::kernels::body
