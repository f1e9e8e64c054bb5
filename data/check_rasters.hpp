#pragma once
// Checks rasters with masks before they are used for training.

#include <filesystem>
#include <string>

#include "data/mask.hpp"

namespace fpanet {

struct RasterReport {
  std::string text;  ///< readable, with a newline at the end
  bool usable = false;
};

/// Reads all masks of a folder or a list of rasters (raster_pairs.hpp), and opens the rasters. What cannot be used is
/// part of the text. Throws Error in a build without GDAL.
RasterReport check_rasters(const std::filesystem::path& data, MaskPolicy policy);

}  // namespace fpanet
