#pragma once
// Decoders and encoders of image formats in memory. Errors describe the problem but do not name the
// file. Work and memory of a decoder are bounded by a small multiple of the file's size plus the
// declared pixels, and no file may declare more pixels than its size can hold.

#include <cstdint>
#include <span>
#include <vector>

#include "data/image.hpp"

namespace fpanet::codec {

using Bytes = std::span<const std::uint8_t>;

/// What a file is read for.
enum class Purpose {
  picture,  ///< bands in the file's order and depth
  mask,     ///< class colours (RGB) or class indices (one channel), in 8 bits
};

/// Decodes any format of data/image_format.hpp, chosen by the first bytes.
Image decode(Bytes bytes, Purpose purpose);

/// Gray (1 channel) or RGB, with the EXIF orientation applied. CMYK becomes RGB.
Image decode_jpeg(Bytes bytes, Purpose purpose);
std::vector<std::uint8_t> encode_jpeg(const Image& image, int quality);

/// A picture is gray, gray and alpha, RGB, or RGBA (1 to 4 channels) of 8 or 16 bits: palettes are
/// expanded to RGB, gray of fewer bits is stretched to 8. A mask without colour keeps its raw values
/// in one channel; one with colour is RGB; both without alpha. 16-bit masks become 8-bit only where
/// that loses nothing.
Image decode_png(Bytes bytes, Purpose purpose);
/// 1 to 4 channels, u8 or u16.
std::vector<std::uint8_t> encode_png(const Image& image);

/// RGB of 8 bits.
Image decode_bmp(Bytes bytes, Purpose purpose);

/// Throws Error if the image is empty or larger than kMaxImagePixels.
void check_size(Index height, Index width);
/// Throws Error if a file of `bytes` bytes cannot hold the `declared` bytes of samples, where `ratio`
/// is the highest compression that the format allows.
void check_declared(Index declared, std::size_t bytes, Index ratio, std::string_view format);

/// The orientation 1..8 in EXIF data (a TIFF structure); 1 if there is none.
int exif_orientation(Bytes tiff);
/// The image, rotated and mirrored according to orientation 1..8.
Image upright(Image image, int orientation);

}  // namespace fpanet::codec
