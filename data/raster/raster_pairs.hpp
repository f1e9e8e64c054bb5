#pragma once
// Rasters with masks: a folder of pairs ID_sat.tif and ID_mask.tif, or a list of them.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "data/image.hpp"

namespace fpanet {

/// A raster and its mask, or a window of both.
struct RasterPair {
  std::string id;
  std::filesystem::path image, mask;
  std::optional<Window> window = {};  ///< in pixels of the image; none: all of it
  std::string part = {};              ///< train, val or test; empty if the list has no column split
  std::string group = {};             ///< of ground; empty if the list has no column group
};

struct RasterPairs {
  std::string source;  ///< the folder or the list
  std::vector<RasterPair> pairs;
  /// class_dict.csv in the folder or in its parent; of a list, in the list's folder or its parent.
  std::optional<std::filesystem::path> class_table;
};

/// Whether --data names rasters: a file FILE.csv, or a folder whose images ID_sat.* all have formats that only
/// GDAL reads.
bool is_raster_data(const std::filesystem::path& data);

/// The pairs of a folder, sorted by file name, or of a list, in its order. The list has the columns image and
/// mask, which are relative to its folder, and may have
///   split                     train, val or test
///   group                     rasters of one group stay in one part of a split
///   id                        instead of the image's file name
///   row,column,height,width   a window in pixels, which is a picture of its own
/// Throws an Error that names every file without a partner or every line that cannot be read.
RasterPairs find_raster_pairs(const std::filesystem::path& data);

}  // namespace fpanet
