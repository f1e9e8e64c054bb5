#pragma once

#include <cstdint>
#include <vector>

namespace fpanet {

/// The statistics that a benchmark reports of its repeats: the median for comparisons, and the
/// minimum as the speed of an undisturbed machine.
struct Statistics {
  double median = 0;
  double min = 0;
  std::int64_t count = 0;

  /// Needs at least one value. The median of an even number of values is the mean of the middle
  /// two.
  static Statistics of(std::vector<double> values);
};

}  // namespace fpanet
