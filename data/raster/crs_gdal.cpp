#include "data/raster/gdal.hpp"
#include "data/raster/raster.hpp"

namespace fpanet {

using namespace gdal;

bool same_crs(const std::string& a, const std::string& b) {
  if (a == b) return true;
  gdal::start();
  const gdal::SpatialRef first = gdal::spatial_ref(a), second = gdal::spatial_ref(b);
  const gdal::Errors quiet;
  return first != nullptr && second != nullptr && OSRIsSame(first.get(), second.get()) != 0;
}

std::string crs_name(const std::string& wkt) {
  if (wkt.empty()) return "none";
  gdal::start();
  const gdal::SpatialRef reference = gdal::spatial_ref(wkt);
  if (reference == nullptr) return "unknown";
  const char* const authority = OSRGetAuthorityName(reference.get(), nullptr);
  const char* const code = OSRGetAuthorityCode(reference.get(), nullptr);
  if (authority != nullptr && code != nullptr) return fmt::format("{}:{}", authority, code);
  const char* const name = OSRGetName(reference.get());
  return name == nullptr || *name == '\0' ? "unknown" : name;
}

}  // namespace fpanet
