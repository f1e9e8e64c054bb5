#pragma once
// The place of an image on the ground.

#include <array>
#include <string>
#include <vector>

namespace fpanet {

/// A place of the image whose position on the ground is known.
struct GroundControlPoint {
  std::string id, info;
  double column = 0, row = 0;  ///< in pixels, measured at corners
  double x = 0, y = 0, z = 0;
  bool operator==(const GroundControlPoint&) const = default;
};

struct Georeference {
  /// GDAL's order: pixel column x and row y, measured at corners, lie at
  ///   (t[0] + x t[1] + y t[2],  t[3] + x t[4] + y t[5])
  std::array<double, 6> transform{0, 1, 0, 0, 0, 1};
  std::string crs = {};  ///< coordinate reference system as WKT; empty if unknown
  /// Instead of the transform, if there are any.
  std::vector<GroundControlPoint> points = {};
  std::string points_crs = {};  ///< their coordinate reference system

  /// Ground lengths of a pixel's sides in the units of the reference system: along a row, along a
  /// column.
  std::array<double, 2> pixel_size() const;
  /// Whether it tells anything: the transform differs from that of an image without a place, or
  /// there are points.
  bool is_known() const;
  /// That of a part of the image which begins at this column and row.
  Georeference moved(double column, double row) const;
  bool operator==(const Georeference&) const = default;
};

}  // namespace fpanet
