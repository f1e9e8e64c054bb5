#pragma once
// The layout of a synthetic scene: a map of regions with natural borders, and a river.

#include <cstdint>
#include <vector>

#include "data/image.hpp"
#include "data/noise.hpp"

namespace fpanet {

/// Land cover in the order of ClassTable::deepglobe().
enum class Land : std::uint8_t { urban, agriculture, rangeland, forest, water, barren, unknown };

/// A pair of perpendicular directions, for example of crop rows or streets.
struct Axes {
  double dx = 1.0, dy = 0.0;

  double along(double x, double y) const { return x * dx + y * dy; }
  double across(double x, double y) const { return y * dx - x * dy; }
};

struct Region {
  double x = 0, y = 0;  ///< centre, in pixels
  Land land = Land::unknown;
  Axes axes;
  std::uint64_t seed = 0;  ///< seed of its texture
};

class Layout {
 public:
  Layout(std::uint64_t seed, const ImageSize& size);

  /// The region that covers pixel (x,y).
  const Region& at(double x, double y) const;

 private:
  const Region& nearest_region(double x, double y) const;
  bool in_river(double x, double y) const;
  bool missing(double x, double y) const;

  Noise warp_x_, warp_y_, banks_;
  Index columns_ = 0, rows_ = 0;
  std::vector<Region> regions_;  ///< one per square of the plane, including the margin
  bool has_river_ = false;
  Region river_;
  double river_width_ = 0;
  bool has_gap_ = false;
  Region gap_;  ///< an area without data around a corner of the image
};

}  // namespace fpanet
