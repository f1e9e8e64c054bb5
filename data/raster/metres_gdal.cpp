#include <cmath>
#include <numbers>

#include "data/raster/gdal.hpp"
#include "data/raster/raster.hpp"

namespace fpanet {
namespace {

/// Metres on the ellipsoid of WGS84 between two near points in degrees.
double ground_distance(std::array<double, 2> a, std::array<double, 2> b) {
  constexpr double kSemiMajor = 6378137.0, kFlattening = 1 / 298.257223563;
  constexpr double kSquaredEccentricity = kFlattening * (2 - kFlattening);
  constexpr double kRadians = std::numbers::pi / 180;
  const double latitude = (a[1] + b[1]) / 2 * kRadians;
  const double w = 1 - kSquaredEccentricity * std::sin(latitude) * std::sin(latitude);
  const double prime_vertical = kSemiMajor / std::sqrt(w);
  const double meridian = prime_vertical * (1 - kSquaredEccentricity) / w;
  const double east = std::remainder(b[0] - a[0], 360) * kRadians;
  const double north = (b[1] - a[1]) * kRadians;
  return std::hypot(east * prime_vertical * std::cos(latitude), north * meridian);
}

/// The transform, or the one that fits the ground control points best, with their reference system.
std::optional<Georeference> as_transform(const Georeference& place) {
  if (place.points.empty()) return place;
  std::vector<GDAL_GCP> points;
  for (const GroundControlPoint& p : place.points) {
    points.push_back(
        {const_cast<char*>(""), const_cast<char*>(""), p.column, p.row, p.x, p.y, p.z});
  }
  Georeference fitted{.transform = {}, .crs = place.points_crs};
  const int ok = GDALGCPsToGeoTransform(static_cast<int>(points.size()), points.data(),
                                        fitted.transform.data(), TRUE);
  return ok != 0 ? std::optional(fitted) : std::nullopt;
}

}  // namespace

std::optional<std::array<double, 2>> metres_per_pixel(const Georeference& place, Index height,
                                                      Index width) {
  gdal::start();
  const gdal::Errors quiet;
  if (!place.is_known()) return std::nullopt;
  const std::optional<Georeference> fitted = as_transform(place);
  if (!fitted) return std::nullopt;
  const gdal::SpatialRef from = gdal::spatial_ref(fitted->crs);
  if (from == nullptr) return std::nullopt;
  const gdal::SpatialRef to = gdal::spatial_ref("EPSG:4326");
  const std::array<double, 6>& t = fitted->transform;
  const double column = static_cast<double>(width) / 2, row = static_cast<double>(height) / 2;
  // The middle, and one pixel to the right and below.
  std::array<double, 3> x{}, y{};
  for (std::size_t i = 0; i < 3; ++i) {
    const double c = column + (i == 1 ? 1 : 0), r = row + (i == 2 ? 1 : 0);
    x[i] = t[0] + c * t[1] + r * t[2];
    y[i] = t[3] + c * t[4] + r * t[5];
  }
  if (to != nullptr) {
    const std::unique_ptr<std::remove_pointer_t<OGRCoordinateTransformationH>,
                          gdal::Close<OCTDestroyCoordinateTransformation>>
        degrees(OCTNewCoordinateTransformation(from.get(), to.get()));
    if (degrees != nullptr && OCTTransform(degrees.get(), 3, x.data(), y.data(), nullptr) != 0 &&
        std::isfinite(x[0]) && std::isfinite(y[0])) {
      return std::array{ground_distance({x[0], y[0]}, {x[1], y[1]}),
                        ground_distance({x[0], y[0]}, {x[2], y[2]})};
    }
  }
  if (OSRIsGeographic(from.get()) != 0) return std::nullopt;
  const double unit =
      OSRGetLinearUnits(from.get(), nullptr);  // of a system without a place on the globe
  const auto sides = fitted->pixel_size();
  return std::array{sides[0] * unit, sides[1] * unit};
}

}  // namespace fpanet
