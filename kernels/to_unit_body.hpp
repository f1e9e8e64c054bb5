#pragma once

#include <cstdint>

#include "engine/core/band_scale.hpp"
#include "engine/core/index.hpp"
#include "kernels/base/body.hpp"

namespace fpanet::kernels::body {

FPANET_HD inline float to_unit(std::uint8_t x) {
  return static_cast<float>(x) / 255.0F;
}

/// A sample of one band.
template <class Sample>
FPANET_HD float to_unit(Sample x, Index band, const BandScale& scale) {
  const auto b = static_cast<std::size_t>(band);
  return unit_value(static_cast<float>(x), scale.low[b], scale.high[b]);
}

}  // namespace fpanet::kernels::body
