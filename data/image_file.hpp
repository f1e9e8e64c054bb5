#pragma once
// Image files. The first bytes of a file determine its format (data/image_format.hpp), never its
// name. Every function throws an Error that names the file and the problem. Damaged or truncated
// files are errors; they are never decoded in part.

#include <filesystem>
#include <optional>

#include "data/bands.hpp"
#include "data/image.hpp"

namespace fpanet {

struct ReadOptions {
  std::optional<Bands> bands = Bands{};         ///< none: all, in the order of the file
  std::optional<Window> window = std::nullopt;  ///< the part to return; none: all
};

/// Returns the bands of a picture in the depth of the file: u8, or u16 from 16-bit PNG. 8-bit RGB
/// equals cv2.imread(path, IMREAD_COLOR) with reversed channels, deeper and other bands equal
/// IMREAD_UNCHANGED. JPEG is decoded with libjpeg-turbo's defaults (islow DCT, fancy upsampling). The
/// EXIF orientation of JPEG and PNG is applied. Throws TooFewBands if the picture lacks a band.
Image read_image(const std::filesystem::path& path, const ReadOptions& options = {});

/// The colours (RGB) or, of a file without colour, the raw values (one channel) of a mask, in 8 bits.
/// 16-bit gray values above 255 are an error, and so are 16-bit colours that no 8-bit colour equals.
Image read_mask(const std::filesystem::path& path);

/// Writes a PNG of 1 to 4 channels, u8 or u16. Replaces the file atomically.
void write_png(const std::filesystem::path& path, const Image& image);

/// Writes a baseline JPEG, 4:2:0, of a 1- or 3-channel u8 image; quality 1 to 100. Replaces the file
/// atomically.
void write_jpeg(const std::filesystem::path& path, const Image& image, int quality);

/// Images with more pixels than this (16384 x 16384) are refused before memory is allocated.
inline constexpr Index kMaxImagePixels = Index{1} << 28;

}  // namespace fpanet
