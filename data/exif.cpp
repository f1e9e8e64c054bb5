#include <algorithm>
#include <optional>

#include "data/codec.hpp"

namespace fpanet::codec {

namespace {

/// Reads integers of a TIFF block in its byte order, with bounds checks.
class TiffReader {
 public:
  TiffReader(Bytes bytes, bool big_endian) : bytes_(bytes), big_endian_(big_endian) {}

  std::optional<std::uint32_t> u16(std::size_t at) const { return read(at, 2); }
  std::optional<std::uint32_t> u32(std::size_t at) const { return read(at, 4); }

 private:
  std::optional<std::uint32_t> read(std::size_t at, std::size_t size) const {
    if (at > bytes_.size() || bytes_.size() - at < size) return std::nullopt;
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < size; ++i) {
      value = (value << 8) | bytes_[at + (big_endian_ ? i : size - 1 - i)];
    }
    return value;
  }

  Bytes bytes_;
  bool big_endian_;
};

}  // namespace

int exif_orientation(Bytes tiff) {
  constexpr std::uint32_t kTiffMagic = 42, kOrientationTag = 0x0112;
  constexpr std::size_t kEntryBytes = 12, kValueOffset = 8;

  if (tiff.empty()) return 1;
  const TiffReader reader(tiff, tiff[0] == 'M');
  const auto directory = reader.u32(4);
  if (reader.u16(2) != kTiffMagic || !directory) return 1;
  const std::uint32_t entries = reader.u16(*directory).value_or(0);
  for (std::size_t i = 0; i < entries; ++i) {
    const std::size_t entry = *directory + 2 + i * kEntryBytes;
    if (reader.u16(entry) != kOrientationTag) continue;
    const std::uint32_t value = reader.u16(entry + kValueOffset).value_or(1);
    return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
  }
  return 1;
}

Image upright(Image image, int orientation) {
  if (orientation == 1) return image;
  const bool transpose = orientation >= 5;
  const bool mirror_columns =
      orientation == 2 || orientation == 3 || orientation == 6 || orientation == 7;
  const bool mirror_rows =
      orientation == 3 || orientation == 4 || orientation == 7 || orientation == 8;

  Image out(transpose ? image.width : image.height, transpose ? image.height : image.width,
            image.channels, image.type);
  out.nodata = image.nodata;
  for (Index y = 0; y < out.height; ++y) {
    for (Index x = 0; x < out.width; ++x) {
      const Index from_y = mirror_rows ? out.height - 1 - y : y;
      const Index from_x = mirror_columns ? out.width - 1 - x : x;
      const std::uint8_t* from = transpose ? image.at(from_x, from_y) : image.at(from_y, from_x);
      std::copy_n(from, image.pixel_bytes(), out.at(y, x));
    }
  }
  return out;
}

}  // namespace fpanet::codec
