#pragma once
// Image files. The first bytes of a file determine its format, never its name. Every function
// throws an Error that names the file and the problem. Damaged or truncated files are errors; they
// are never decoded in part.

#include <filesystem>

#include "data/image.hpp"

namespace fpanet {

/// Returns 8-bit RGB, equal to cv2.imread(path, IMREAD_COLOR) with reversed channels. JPEG is
/// decoded with libjpeg-turbo's defaults (islow DCT, fancy upsampling). In PNG, gray and palette
/// are expanded, alpha is dropped, and of 16 bits only the upper 8 are kept. The EXIF orientation
/// of both formats is applied. BMP is decoded by stb_image.
Image read_image(const std::filesystem::path& path);

/// Like read_image, except that a PNG without colour (gray, gray + alpha; 1 to 16 bits) keeps its
/// raw values in one channel, as an index mask. 16-bit values above 255 are an error.
Image read_mask(const std::filesystem::path& path);

/// Writes an 8-bit PNG of a 1-channel (gray) or 3-channel (RGB) image. Replaces the file
/// atomically.
void write_png(const std::filesystem::path& path, const Image& image);

/// Writes a baseline JPEG, 4:2:0, of a 1- or 3-channel image; quality 1 to 100. Replaces the file
/// atomically.
void write_jpeg(const std::filesystem::path& path, const Image& image, int quality);

/// Images with more pixels than this (16384 x 16384) are refused before memory is allocated.
inline constexpr Index kMaxImagePixels = Index{1} << 28;

}  // namespace fpanet
