#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "data/image.hpp"

namespace fpanet {

/// The EXIF orientation 1..8 of a JPEG or PNG file, which read_image applies; 1 if there is none or
/// the file cannot be read. Reads the parts of the file before and after the pixels only.
int image_orientation(const std::filesystem::path& path);

/// Whether EXIF data turns or mirrors the image without changing its size, `size` after turning. A
/// mask that was not turned as well then fits by its size only.
bool turned_unseen(const std::filesystem::path& path, const ImageSize& size);

/// A sentence that warns of such images; names the first ones.
std::string turned_warning(const std::vector<std::string>& names);

}  // namespace fpanet
