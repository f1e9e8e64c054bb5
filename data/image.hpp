#pragma once
// 8-bit images in memory: row-major, channels interleaved, RGB order, no padding.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/shape.hpp"

namespace fpanet {

struct Image {
  Index height = 0, width = 0, channels = 0;
  std::vector<std::uint8_t> pixels;  ///< height * width * channels

  Image() = default;
  /// All pixels are zero.
  Image(Index height, Index width, Index channels);

  Index row_bytes() const { return width * channels; }
  std::uint8_t* row(Index y) { return pixels.data() + y * row_bytes(); }
  const std::uint8_t* row(Index y) const { return pixels.data() + y * row_bytes(); }
  std::uint8_t* at(Index y, Index x) { return row(y) + x * channels; }
  const std::uint8_t* at(Index y, Index x) const { return row(y) + x * channels; }
  std::string size_str() const;  ///< "height x width": "512x640"
  bool operator==(const Image&) const = default;
};

/// The size to which images are resized, or native: every image keeps its size.
struct ImageSize {
  Index height = 0, width = 0;

  /// "320", "256x320" (height x width) or "native"; throws Error for anything else.
  static ImageSize parse(std::string_view text);
  bool native() const { return height == 0; }
  std::string str() const;  ///< "320x320" or "native"
  bool operator==(const ImageSize&) const = default;
};

}  // namespace fpanet
