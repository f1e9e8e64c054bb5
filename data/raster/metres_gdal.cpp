#include <cmath>
#include <numbers>

#include "data/raster/gdal.hpp"
#include "data/raster/raster.hpp"

namespace fpanet {

using namespace gdal;

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

/// Turns places of an image into places on the ground.
class Ground {
 public:
  explicit Ground(const Georeference& place) {
    if (!place.is_known()) return;
    const std::optional<Georeference> fitted = as_transform(place);
    if (!fitted) return;
    from_ = gdal::spatial_ref(fitted->crs);
    if (from_ == nullptr) return;
    place_ = *fitted;
    to_ = gdal::spatial_ref("EPSG:4326");
    if (to_ != nullptr) degrees_.reset(OCTNewCoordinateTransformation(from_.get(), to_.get()));
  }

  /// Metres along a row and along a column of the pixel with its middle at this column and row.
  std::optional<std::array<double, 2>> sides(double column, double row) const {
    if (from_ == nullptr) return std::nullopt;
    const std::array<double, 6>& t = place_.transform;
    // The middle, and one pixel to the right and below.
    std::array<double, 3> x{}, y{};
    for (std::size_t i = 0; i < 3; ++i) {
      const double c = column + (i == 1 ? 1 : 0), r = row + (i == 2 ? 1 : 0);
      x[i] = t[0] + c * t[1] + r * t[2];
      y[i] = t[3] + c * t[4] + r * t[5];
    }
    if (degrees_ != nullptr && OCTTransform(degrees_.get(), 3, x.data(), y.data(), nullptr) != 0 &&
        std::isfinite(x[0]) && std::isfinite(y[0])) {
      return std::array{ground_distance({x[0], y[0]}, {x[1], y[1]}),
                        ground_distance({x[0], y[0]}, {x[2], y[2]})};
    }
    if (OSRIsGeographic(from_.get()) != 0) return std::nullopt;
    const double unit =
        OSRGetLinearUnits(from_.get(), nullptr);  // of a system without a place on the globe
    const auto sides = place_.pixel_size();
    return std::array{sides[0] * unit, sides[1] * unit};
  }

 private:
  Georeference place_;
  gdal::SpatialRef from_, to_;
  std::unique_ptr<std::remove_pointer_t<OGRCoordinateTransformationH>,
                  gdal::Close<&OCTDestroyCoordinateTransformation>>
      degrees_;
};

}  // namespace

std::optional<std::array<double, 2>> metres_per_pixel(const Georeference& place, Index height,
                                                      Index width) {
  gdal::start();
  const gdal::Errors quiet;
  return Ground(place).sides(static_cast<double>(width) / 2, static_cast<double>(height) / 2);
}

std::vector<double> pixel_areas(const Georeference& place, Index height, Index width) {
  gdal::start();
  const gdal::Errors quiet;
  const Ground ground(place);
  const Georeference& t = place;
  // The angle between the sides is that of the transform, as on the ground of any map that keeps angles.
  const double parallelogram =
      std::abs(t.transform[1] * t.transform[5] - t.transform[2] * t.transform[4]);
  const auto lengths = t.pixel_size();
  const double sine = t.points.empty() ? parallelogram / (lengths[0] * lengths[1]) : 1;
  std::vector<double> areas;
  for (Index row = 0; row < height; ++row) {
    const auto sides = ground.sides(static_cast<double>(width) / 2, static_cast<double>(row) + 0.5);
    if (!sides) return {};
    areas.push_back((*sides)[0] * (*sides)[1] * sine);
  }
  return areas;
}

}  // namespace fpanet
