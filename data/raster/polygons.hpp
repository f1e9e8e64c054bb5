#pragma once
// The areas of a map of classes as polygons, for geographic information systems.

#include <filesystem>

#include "data/class_table.hpp"
#include "data/georeference.hpp"

namespace fpanet {

/// Whether the suffix is that of a file that write_polygons writes: .gpkg (GeoPackage) or .geojson.
bool is_polygon_file(const std::filesystem::path& file);

/// Throws Error, which names `file`, unless a map at this place can have polygons there: they need a transform, and
/// those of a GeoJSON file, which lie in WGS84, a coordinate reference system.
void check_polygon_place(const std::filesystem::path& file, const Georeference& place);

/// Writes one polygon for each connected area of a label of `labels`, a raster of write_map_rasters; pixels that
/// touch only at a corner are not connected. Fields: label, class, hectares (empty without a coordinate reference
/// system). Those of a GeoPackage have the raster's coordinate reference system. Areas smaller than `min_area`
/// square metres become part of their largest neighbour. The file appears when it is complete. Throws Error.
void write_polygons(const std::filesystem::path& file, const std::filesystem::path& labels,
                    const ClassTable& classes, double min_area);

}  // namespace fpanet
