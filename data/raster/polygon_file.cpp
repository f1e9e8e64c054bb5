#include "data/raster/polygons.hpp"
#include "engine/core/error.hpp"

namespace fpanet {

bool is_polygon_file(const std::filesystem::path& file) {
  return file.extension() == ".gpkg" || file.extension() == ".geojson";
}

void check_polygon_place(const std::filesystem::path& file, const Georeference& place) {
  require(place.is_known() && place.points.empty(),
          "{}: polygons need a raster with a geotransform, but it has {}", file.string(),
          place.points.empty() ? "none" : "ground control points; warp it with gdalwarp first");
  require(file.extension() != ".geojson" || !place.crs.empty(),
          "{}: GeoJSON lies in WGS84, but the raster has no coordinate reference system; write a "
          ".gpkg file",
          file.string());
}

}  // namespace fpanet
