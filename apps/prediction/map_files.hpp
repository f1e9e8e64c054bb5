#pragma once
// Writes a finished map under its names.

#include <filesystem>
#include <functional>
#include <string>

#include "apps/prediction/finished_rows.hpp"
#include "apps/prediction/map_rows.hpp"
#include "data/class_table.hpp"
#include "data/raster/raster.hpp"

namespace fpanet {

/// Calls f for the rows of all parts, from top to bottom.
void for_each_part(const FinishedRows& rows, Index width, const MapContents& contents,
                   const std::function<void(const MapRows&)>& f);

/// What NAME_labels.tif and its companions are called and hold.
struct MapFiles {
  std::filesystem::path folder;
  std::string name;  ///< of the picture, without suffix
  MapContents contents;

  std::filesystem::path file(const char* ending) const { return folder / (name + ending); }
};

/// Writes NAME_labels.tif, and what else the map contains: NAME_confidence.tif, NAME_probs.tif. Their place is
/// that of `scene`. Throws Error, and leaves none of those files that were not complete, if one cannot be written.
void write_map_rasters(const MapFiles& files, const FinishedRows& rows, const RasterInfo& scene,
                       const ClassTable& classes, bool cloud_optimised);

/// All rows in memory, for pictures.
MapRows whole_map(const FinishedRows& rows, Index width, const MapContents& contents);

/// Writes NAME_mask.png, NAME_labels.png, and what else the map contains: NAME_confidence.npy, NAME_probs.npy.
void write_map_pictures(const MapFiles& files, const MapRows& map, const ClassTable& classes);

}  // namespace fpanet
