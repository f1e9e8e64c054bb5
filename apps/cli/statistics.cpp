#include "apps/cli/statistics.hpp"

#include <algorithm>
#include <cassert>

namespace fpanet {

Statistics Statistics::of(std::vector<double> values) {
  assert(!values.empty());
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  const double median =
      values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
  return {median, values.front(), static_cast<std::int64_t>(values.size())};
}

}  // namespace fpanet
