#pragma once

#include <fmt/core.h>

#include <cmath>
#include <string>

namespace fpanet {

/// A metric with this number of decimals; "-" for NaN, the value of a metric of nothing.
inline std::string metric_text(double value, int decimals = 4) {
  return std::isnan(value) ? "-" : fmt::format("{:.{}f}", value, decimals);
}

}  // namespace fpanet
