#pragma once

#include <memory>
#include <string>

#include "data/raster/raster.hpp"

namespace fpanet {

/// A picture in memory, read like a raster whose pixels all hold data. It is never resampled: a picture has no
/// pixel size. `picture` must outlive the reader.
std::unique_ptr<RasterReader> picture_reader(const Image& picture, std::string name);

}  // namespace fpanet
