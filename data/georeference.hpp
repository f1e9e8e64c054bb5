#pragma once
// The place of an image on the ground.

#include <array>
#include <string>

namespace fpanet {

struct Georeference {
  /// GDAL's order: pixel column x and row y, measured at corners, lie at
  ///   (t[0] + x t[1] + y t[2],  t[3] + x t[4] + y t[5])
  std::array<double, 6> transform{0, 1, 0, 0, 0, 1};
  std::string crs;  ///< coordinate reference system as WKT; empty if unknown

  /// Ground lengths of a pixel's sides in the units of the reference system: along a row, along a
  /// column.
  std::array<double, 2> pixel_size() const;
};

}  // namespace fpanet
