#include "engine/core/band_scale.hpp"

#include <fmt/core.h>

namespace fpanet {

std::string BandScale::str() const {
  std::string text;
  const std::size_t bands = is_uniform() ? 1 : kMostBands;
  for (std::size_t b = 0; b < bands; ++b) {
    text += fmt::format("{}{}..{}", b == 0 ? "" : " ", low[b], high[b]);
  }
  return text;
}

}  // namespace fpanet
