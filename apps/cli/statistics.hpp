#pragma once

#include <cstdint>
#include <vector>

namespace fpanet {

/// What a benchmark tells of its repeats: the median for comparing, the minimum for how fast the
/// machine can be when nothing disturbs it.
struct Statistics {
  double median = 0;
  double min = 0;
  std::int64_t count = 0;

  /// Of at least one value; the median of an even number is the mean of the middle two.
  static Statistics of(std::vector<double> values);
};

}  // namespace fpanet
