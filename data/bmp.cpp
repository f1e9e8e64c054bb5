// BMP through stb_image. stb_image reads zeros past the end of a file, so the length is checked
// first.

#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_ONLY_BMP
#define STBI_NO_STDIO
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#include <stb_image.h>
#pragma GCC diagnostic pop

#include <algorithm>
#include <memory>

#include "data/codec.hpp"
#include "engine/core/error.hpp"

namespace fpanet::codec {

namespace {

Index little_endian(Bytes bytes, std::size_t at, std::size_t size) {
  Index value = 0;
  for (std::size_t i = size; i-- > 0;) value = value * 256 + bytes[at + i];
  return value;
}

/// The length in bytes of an uncompressed file of this size, according to its header.
Index expected_bytes(Bytes bytes, Index height, Index width) {
  constexpr Index kOldHeader = 12;
  const Index data_offset = little_endian(bytes, 10, 4);
  const std::size_t depth_at = little_endian(bytes, 14, 4) == kOldHeader ? 24 : 28;
  const Index bits_per_pixel = little_endian(bytes, depth_at, 2);
  const Index row_bytes = (width * bits_per_pixel + 31) / 32 * 4;
  return data_offset + height * row_bytes;
}

}  // namespace

Image decode_bmp(Bytes bytes) {
  constexpr std::size_t kShortestHeader = 30;
  const auto length = static_cast<int>(std::min<std::size_t>(bytes.size(), INT32_MAX));
  int width = 0, height = 0, channels = 0;
  const bool readable = bytes.size() >= kShortestHeader &&
                        stbi_info_from_memory(bytes.data(), length, &width, &height, &channels);
  require(readable, "damaged or unsupported BMP: {}",
          bytes.size() < kShortestHeader ? "cut off in its header" : stbi_failure_reason());
  check_size(height, width);
  const Index expected = expected_bytes(bytes, height, width);
  require(static_cast<Index>(bytes.size()) >= expected,
          "cut-off BMP: {} bytes, its header promises {}", bytes.size(), expected);

  const std::unique_ptr<stbi_uc, void (*)(void*)> pixels(
      stbi_load_from_memory(bytes.data(), length, &width, &height, &channels, 3), stbi_image_free);
  require(pixels != nullptr, "damaged or unsupported BMP: {}", stbi_failure_reason());
  Image image(height, width, 3);
  std::copy_n(pixels.get(), image.pixels.size(), image.pixels.begin());
  return image;
}

}  // namespace fpanet::codec
