// Builds without GDAL.

#include "data/raster/categories.hpp"
#include "data/raster/polygons.hpp"
#include "data/raster/raster.hpp"
#include "data/raster/raster_writer.hpp"
#include "engine/core/error.hpp"

namespace fpanet {

std::optional<std::string> gdal_version() {
  return std::nullopt;
}

std::string why_no_gdal() {
  return "rasters need GDAL, which this build lacks; install it (scripts/install_dependencies.sh "
         "--with gdal) and build "
         "again";
}

std::unique_ptr<RasterReader> open_raster(const std::filesystem::path& file,
                                          const RasterOptions& /*options*/) {
  require_gdal(file.string());
  return nullptr;
}

std::unique_ptr<RasterWriter> create_raster(const std::filesystem::path& file,
                                            const RasterSpec& /*spec*/) {
  require_gdal(file.string());
  return nullptr;
}

std::optional<std::array<double, 2>> metres_per_pixel(const Georeference& /*place*/,
                                                      Index /*height*/, Index /*width*/) {
  return std::nullopt;
}

void write_polygons(const std::filesystem::path& file, const std::filesystem::path& /*labels*/,
                    const ClassTable& /*classes*/, double /*min_area*/) {
  require_gdal(file.string());
}

bool same_crs(const std::string& a, const std::string& b) {
  return a == b;
}

std::string crs_name(const std::string& wkt) {
  return wkt.empty() ? "none" : wkt;
}

std::vector<RasterCategory> raster_categories(const std::filesystem::path& file) {
  require_gdal(file.string());
  return {};
}

std::vector<double> pixel_areas(const Georeference& /*place*/, Index /*height*/, Index /*width*/) {
  return {};
}

}  // namespace fpanet
