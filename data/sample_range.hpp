#pragma once
// The range of the samples of images that are deeper than 8 bits, which networks do not take.

#include <string>
#include <string_view>

#include "data/image.hpp"

namespace fpanet {

/// The smallest and the largest sample.
struct SampleRange {
  DType type = DType::u8;
  double low = 0, high = 0;

  /// The range of both.
  void include(const SampleRange& other);
};

SampleRange range_of(const Image& image);

/// Why pictures with such samples are refused, and what to do; empty for u8. `pictures` names them.
std::string depth_problem(std::string_view pictures, const SampleRange& range);

}  // namespace fpanet
