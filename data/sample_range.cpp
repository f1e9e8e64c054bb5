#include "data/sample_range.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace fpanet {

void SampleRange::include(const SampleRange& other) {
  low = std::min(low, other.low);
  high = std::max(high, other.high);
}

SampleRange range_of(const Image& image) {
  return visit_sample_type(image.type, [&](auto zero) {
    const auto samples = image.samples<decltype(zero)>();
    SampleRange range{.type = image.type};
    if (samples.empty()) return range;
    const auto [low, high] = std::minmax_element(samples.begin(), samples.end());
    range.low = static_cast<double>(*low);
    range.high = static_cast<double>(*high);
    return range;
  });
}

std::string depth_problem(std::string_view pictures, const SampleRange& range) {
  if (range.type == DType::u8) return {};
  return fmt::format(
      "{}: samples of {} from {} to {}, but networks take 8-bit pictures; convert all pictures "
      "with "
      "one scale, as gdal_translate -ot Byte -scale {} {} 0 255 does",
      pictures, name_of(range.type), range.low, range.high, range.low, range.high);
}

}  // namespace fpanet
