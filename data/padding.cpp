#include "data/padding.hpp"

#include <algorithm>
#include <cassert>

namespace fpanet {
namespace {

constexpr Index kSmallestSide = 32;

Index round_up(Index value, Index multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

}  // namespace

Index reflected(Index position, Index size) {
  if (size == 1) return 0;
  const Index period = 2 * (size - 1);
  const Index phase = position % period;
  return std::min(phase, period - phase);
}

ImageSize padded_size(const ImageSize& size, Index stride, Index smallest_side) {
  const Index smallest = std::max(kSmallestSide, smallest_side);
  return {.height = round_up(std::max(size.height, smallest), stride),
          .width = round_up(std::max(size.width, smallest), stride)};
}

Image pad_by_reflection(const Image& image, const ImageSize& size) {
  assert(image.height > 0 && image.width > 0);
  assert(size.height >= image.height && size.width >= image.width);
  Image padded(size.height, size.width, image.channels, image.type);
  padded.nodata = image.nodata;
  for (Index y = 0; y < size.height; ++y) {
    const Index source = reflected(y, image.height);
    std::copy_n(image.row(source), image.row_bytes(), padded.row(y));
    for (Index x = image.width; x < size.width; ++x) {
      std::copy_n(image.at(source, reflected(x, image.width)), image.pixel_bytes(),
                  padded.at(y, x));
    }
  }
  return padded;
}

}  // namespace fpanet
