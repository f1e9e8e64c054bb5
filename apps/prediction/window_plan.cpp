#include "apps/prediction/window_plan.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "engine/core/error.hpp"

namespace fpanet {

AxisWindows::AxisWindows(Index length, Index size, double overlap) : length_(length), size_(size) {
  require(length >= 1 && size >= 1 && overlap >= 0 && overlap < 1,
          "windows of {} pixels with an overlap of {} on a side of {}: expected at least 1 pixel "
          "and an "
          "overlap from 0 to less than 1",
          size, overlap, length);
  const auto shared = static_cast<Index>(static_cast<double>(size) * overlap);
  const Index step = std::max<Index>(1, size - shared);
  const Index rest = std::max<Index>(0, length - size);  // where the last window begins
  const Index last = (rest + step - 1) / step;
  starts_.push_back(0);
  for (Index i = 1; i <= last; ++i) starts_.push_back((2 * i * rest + last) / (2 * last));

  std::vector<double> shape(static_cast<std::size_t>(size));
  for (Index t = 0; t < size; ++t) {
    const double sine =
        std::sin(std::numbers::pi * (static_cast<double>(t) + 0.5) / static_cast<double>(size));
    shape[static_cast<std::size_t>(t)] = sine * sine;
  }
  std::vector<double> sum(static_cast<std::size_t>(length));
  for (Index i = 0; i < count(); ++i) {
    for (Index p = start(i); p < end(i); ++p) {
      sum[static_cast<std::size_t>(p)] += shape[static_cast<std::size_t>(p - start(i))];
    }
  }
  for (Index i = 0; i < count(); ++i) {
    std::vector<float>& weights = weights_.emplace_back();
    for (Index p = start(i); p < end(i); ++p) {
      weights.push_back(static_cast<float>(shape[static_cast<std::size_t>(p - start(i))] /
                                           sum[static_cast<std::size_t>(p)]));
    }
  }
}

Index AxisWindows::first_over(Index position) const {
  Index i = 0;
  while (end(i) <= position) ++i;
  return i;
}

}  // namespace fpanet
