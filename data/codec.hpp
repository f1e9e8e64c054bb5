#pragma once
// Image formats between bytes in memory and pixels. Errors say what is wrong, not which file.

#include <cstdint>
#include <span>
#include <vector>

#include "data/image.hpp"

namespace fpanet::codec {

using Bytes = std::span<const std::uint8_t>;

/// Any of the formats below, told by the first bytes; `keep_gray` as in decode_png.
Image decode(Bytes bytes, bool keep_gray);

/// RGB, upright (EXIF orientation applied).
Image decode_jpeg(Bytes bytes);
std::vector<std::uint8_t> encode_jpeg(const Image& image, int quality);

/// RGB; with `keep_gray`, pictures without colour keep their raw values in one channel.
Image decode_png(Bytes bytes, bool keep_gray);
std::vector<std::uint8_t> encode_png(const Image& image);

Image decode_bmp(Bytes bytes);

/// Throws Error for an empty picture or one beyond kMaxImagePixels.
void check_size(Index height, Index width);

/// Orientation 1..8 that EXIF data (a TIFF structure) asks for; 1 when it does not.
int exif_orientation(Bytes tiff);
/// The picture turned and mirrored as orientation 1..8 asks.
Image upright(Image image, int orientation);

}  // namespace fpanet::codec
