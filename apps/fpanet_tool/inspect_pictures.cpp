#include "apps/fpanet_tool/inspect_pictures.hpp"

#include <algorithm>
#include <cmath>

namespace fpanet {

namespace {

constexpr Index kMostTiles = 64, kTilesInRow = 8;
constexpr Index kGridWidth = 1024;  // pixels, at most; a tile is enlarged to fill it

std::uint8_t byte_of(double unit) {
  return static_cast<std::uint8_t>(std::lround(255 * std::clamp(unit, 0.0, 1.0)));
}

/// A grid of `count` tiles of height x width pixels; pixel(tile, y, x, rgb) fills one.
template <class Pixel>
Image grid(Index count, Index height, Index width, const Pixel& pixel) {
  const Index columns = std::min(count, kTilesInRow);
  const Index rows = (count + columns - 1) / columns;
  const Index factor = std::max<Index>(1, kGridWidth / kTilesInRow / width);
  const Index cell_height = height * factor + 2, cell_width = width * factor + 2;
  Image image(rows * cell_height, columns * cell_width, 3);
  for (Index tile = 0; tile < count; ++tile) {
    const Index top = tile / columns * cell_height, left = tile % columns * cell_width;
    for (Index y = 0; y < height * factor; ++y) {
      for (Index x = 0; x < width * factor; ++x) {
        pixel(tile, y / factor, x / factor, image.at(top + y, left + x));
      }
    }
  }
  return image;
}

struct Range {
  double low = 0, high = 0;
  double unit(double value) const { return high > low ? (value - low) / (high - low) : 0.5; }
};

}  // namespace

Image signed_picture(const Tensor& values, Index first, Index channels) {
  const Shape& s = values.shape();
  const auto v = values.span<float>();
  double largest = 0;
  for (std::size_t i = 0; i < v.size(); ++i) {
    const Index channel = static_cast<Index>(i) % s[1];
    if (channel < first || channel >= first + channels) continue;
    largest = std::max(largest, std::abs(static_cast<double>(v[i])));
  }
  Image image(s[2], s[3], 3);
  for (Index pixel = 0; pixel < s[2] * s[3]; ++pixel) {
    for (Index k = 0; k < 3; ++k) {
      const Index channel = first + (channels < 3 ? 0 : k);
      const double value = v[static_cast<std::size_t>(pixel * s[1] + channel)];
      image.pixels[static_cast<std::size_t>(3 * pixel + k)] =
          byte_of(largest > 0 ? 0.5 + value / largest / 2 : 0.5);
    }
  }
  return image;
}

Image feature_grid(const Tensor& features) {
  const Shape& s = features.shape();
  const auto v = features.span<float>();
  const Index count = std::min(s[1], kMostTiles);
  std::vector<Range> ranges(static_cast<std::size_t>(count));
  const auto at = [&](Index channel, Index pixel) {
    return static_cast<double>(v[static_cast<std::size_t>(pixel * s[1] + channel)]);
  };
  for (Index channel = 0; channel < count; ++channel) {
    Range& range = ranges[static_cast<std::size_t>(channel)];
    range = {at(channel, 0), at(channel, 0)};
    for (Index pixel = 0; pixel < s[2] * s[3]; ++pixel) {
      range.low = std::min(range.low, at(channel, pixel));
      range.high = std::max(range.high, at(channel, pixel));
    }
  }
  return grid(count, s[2], s[3], [&](Index channel, Index y, Index x, std::uint8_t* rgb) {
    const double unit = ranges[static_cast<std::size_t>(channel)].unit(at(channel, y * s[3] + x));
    std::fill_n(rgb, 3, byte_of(unit));
  });
}

Image filter_grid(const Tensor& weight) {
  const Shape& s = weight.shape();  // in memory (O,K,K,I)
  const auto v = weight.span<float>();
  const Index size = s[1] * s[2] * s[3];
  return grid(std::min(s[0], kMostTiles), s[2], s[3],
              [&](Index filter, Index y, Index x, std::uint8_t* rgb) {
                const auto own = v.subspan(static_cast<std::size_t>(filter * size),
                                           static_cast<std::size_t>(size));
                const auto [low, high] = std::ranges::minmax(own);
                for (Index k = 0; k < 3; ++k) {
                  const Index channel = s[1] < 3 ? 0 : k;
                  const float value =
                      own[static_cast<std::size_t>((y * s[3] + x) * s[1] + channel)];
                  rgb[k] = byte_of(Range{low, high}.unit(value));
                }
              });
}

Image heat(std::span<const double> values, Index rows, Index columns, Index side) {
  const double largest = std::ranges::max(values);
  Image image(rows * side, columns * side, 3);
  for (Index y = 0; y < image.height; ++y) {
    for (Index x = 0; x < image.width; ++x) {
      const double value = values[static_cast<std::size_t>(y / side * columns + x / side)];
      const double unit = largest > 0 ? value / largest : 0;
      std::uint8_t* const rgb = image.at(y, x);
      rgb[0] = byte_of(2 * unit);
      rgb[1] = byte_of(2 * unit - 1);
      rgb[2] = byte_of(4 * unit - 3);
    }
  }
  return image;
}

std::vector<double> received(const Tensor& attention) {
  const auto map = attention.span<float>();
  const auto positions = static_cast<std::size_t>(attention.shape()[1]);
  std::vector<double> sums(positions, 0.0);
  for (std::size_t i = 0; i < map.size(); ++i) sums[i % positions] += map[i];
  return sums;
}

}  // namespace fpanet
