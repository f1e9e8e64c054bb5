#pragma once
// Image files. The format is told by a file's first bytes, never by its name. Every function throws
// Error naming the file and what is wrong with it; damaged or cut-off files are errors, not gray
// areas.

#include <filesystem>

#include "data/image.hpp"

namespace fpanet {

/// 8-bit RGB, equal to cv2.imread(path, IMREAD_COLOR) with its channels reversed: JPEG by
/// libjpeg-turbo's defaults (islow DCT, fancy upsampling); PNG with gray and palette expanded,
/// alpha dropped, 16 bits cut to the upper 8; EXIF orientation applied to both. BMP comes from
/// stb_image.
Image read_image(const std::filesystem::path& path);

/// As read_image, but a PNG without colour (gray, gray + alpha; 1 to 16 bits) keeps its raw values
/// as one channel: an index mask. 16-bit values above 255 are an error.
Image read_mask(const std::filesystem::path& path);

/// 8-bit PNG of a 1-channel (gray) or 3-channel (RGB) image. Replaces the file as a whole: on
/// failure nothing half-written stays.
void write_png(const std::filesystem::path& path, const Image& image);

/// Baseline JPEG, 4:2:0, of a 1- or 3-channel image; quality 1 to 100. Replaces the file as a
/// whole.
void write_jpeg(const std::filesystem::path& path, const Image& image, int quality);

/// More pixels than this (16384 x 16384) are refused before memory is asked for.
inline constexpr Index kMaxImagePixels = Index{1} << 28;

}  // namespace fpanet
