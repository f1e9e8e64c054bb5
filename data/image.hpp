#pragma once
// Images in memory: row-major, channels interleaved, no padding. A channel is a band of the picture
// (red, green, blue, near infrared, ...); a sample is the value of one band at one pixel.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/sample_type.hpp"
#include "engine/core/shape.hpp"

namespace fpanet {

struct Georeference;

inline constexpr Index kMaxBands = 16;

struct Image {
  Index height = 0, width = 0, channels = 0;
  DType type = DType::u8;            ///< of the samples
  std::vector<std::uint8_t> pixels;  ///< bytes of the height * width * channels samples
  /// The sample value that stands for missing data, if the file declares one.
  std::optional<double> nodata = std::nullopt;
  /// The place on the ground, if the file tells it (data/georeference.hpp).
  std::shared_ptr<const Georeference> georeference = nullptr;

  Image() = default;
  /// All samples are zero.
  Image(Index height, Index width, Index channels, DType type = DType::u8);

  Index pixel_bytes() const { return channels * static_cast<Index>(size_of(type)); }
  Index row_bytes() const { return width * pixel_bytes(); }
  // The bytes of a row and of a pixel.
  std::uint8_t* row(Index y) { return pixels.data() + y * row_bytes(); }
  const std::uint8_t* row(Index y) const { return pixels.data() + y * row_bytes(); }
  std::uint8_t* at(Index y, Index x) { return row(y) + x * pixel_bytes(); }
  const std::uint8_t* at(Index y, Index x) const { return row(y) + x * pixel_bytes(); }
  /// All samples; T must be the C++ type of `type`.
  template <class T>
  std::span<T> samples() {
    check_type(dtype_v<T>);
    return {reinterpret_cast<T*>(pixels.data()), pixels.size() / sizeof(T)};
  }
  template <class T>
  std::span<const T> samples() const {
    check_type(dtype_v<T>);
    return {reinterpret_cast<const T*>(pixels.data()), pixels.size() / sizeof(T)};
  }

  std::string size_str() const;  ///< "height x width": "512x640"
  /// The same size, type and samples, wherever they lie on the ground.
  bool operator==(const Image& other) const;

 private:
  void check_type(DType wanted) const;
};

/// A rectangle of an image, in pixels.
struct Window {
  Index top = 0, left = 0, height = 0, width = 0;
  bool operator==(const Window&) const = default;
};

/// The pixels of `window`. Throws Error if it reaches over the edge of the image.
Image crop(const Image& image, const Window& window);

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
