#pragma once
// What --image names.

#include <filesystem>
#include <string>
#include <vector>

#include "apps/cli/console.hpp"

namespace fpanet {

struct PredictInput {
  std::filesystem::path file;  ///< or a name that only GDAL understands
  bool is_raster = false;      ///< read through GDAL
  std::string name;            ///< of its results: NAME_labels
};

/// A picture, a raster, those of a folder, or those that a list (.txt) names line by line. Warns of files of a
/// folder that cannot be read. Throws Error if there are none, or if the results of two would have the same name.
std::vector<PredictInput> find_inputs(const std::filesystem::path& image, Console& console);

}  // namespace fpanet
