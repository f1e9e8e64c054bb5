#pragma once
// Which ground rasters show: whether a mask lies on the pixels of its image, and which rasters overlap.

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "data/raster/raster.hpp"

namespace fpanet {

/// Why a mask does not lie on its image's pixels: another size, transform or coordinate reference system, with
/// both sides named. Empty if it does. A raster without a place fits wherever its size does.
std::string grid_difference(const RasterInfo& mask, const RasterInfo& image);

/// A rectangle around the ground of a raster or a window of it, in its coordinate reference system.
struct Footprint {
  std::string crs;  ///< empty: unknown, then it overlaps nothing
  double left = 0, right = 0, bottom = 0, top = 0;
  double pixel = 0;  ///< side of a pixel
};

Footprint footprint_of(const Georeference& place, const Window& window);

/// The pairs of footprints in one coordinate reference system that share more than a pixel's width and height of
/// ground.
std::vector<std::pair<Index, Index>> overlaps(std::span<const Footprint> footprints);

}  // namespace fpanet
