#pragma once
// Decoders and encoders of image formats in memory. Errors describe the problem but do not name the
// file.

#include <cstdint>
#include <span>
#include <vector>

#include "data/image.hpp"

namespace fpanet::codec {

using Bytes = std::span<const std::uint8_t>;

/// Decodes any of the formats below, chosen by the first bytes; `keep_gray` as in decode_png.
Image decode(Bytes bytes, bool keep_gray);

/// Returns RGB with the EXIF orientation applied.
Image decode_jpeg(Bytes bytes);
std::vector<std::uint8_t> encode_jpeg(const Image& image, int quality);

/// Returns RGB. With `keep_gray`, images without colour keep their raw values in one channel.
Image decode_png(Bytes bytes, bool keep_gray);
std::vector<std::uint8_t> encode_png(const Image& image);

Image decode_bmp(Bytes bytes);

/// Throws Error if the image is empty or larger than kMaxImagePixels.
void check_size(Index height, Index width);

/// The orientation 1..8 in EXIF data (a TIFF structure); 1 if there is none.
int exif_orientation(Bytes tiff);
/// The image, rotated and mirrored according to orientation 1..8.
Image upright(Image image, int orientation);

}  // namespace fpanet::codec
