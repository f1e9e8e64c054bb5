#pragma once
// What a raster of labels says about its values.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "data/class_table.hpp"

namespace fpanet {

struct RasterCategory {
  Index value = 0;
  std::string name;          ///< empty if the file names no class of this value
  std::optional<Rgb> color;  ///< nothing if the file has no colour for it
};

/// The values that the raster's first band describes, in ascending order: the rows of its attribute table
/// or, without one, its category names and its colour table. Empty if it has none of these. Throws Error if
/// the raster cannot be opened.
std::vector<RasterCategory> raster_categories(const std::filesystem::path& file);

}  // namespace fpanet
