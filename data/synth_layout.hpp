#pragma once
// Where what lies in a synthetic scene: a map of regions with natural borders, and a river.

#include <cstdint>
#include <vector>

#include "data/image.hpp"
#include "data/noise.hpp"

namespace fpanet {

/// Land cover in the order of ClassTable::deepglobe().
enum class Land : std::uint8_t { urban, agriculture, rangeland, forest, water, barren, unknown };

/// A pair of perpendicular directions: of crop rows, streets, ripples.
struct Axes {
  double dx = 1.0, dy = 0.0;

  double along(double x, double y) const { return x * dx + y * dy; }
  double across(double x, double y) const { return y * dx - x * dy; }
};

struct Region {
  double x = 0, y = 0;  ///< centre, in pixels
  Land land = Land::unknown;
  Axes axes;
  std::uint64_t seed = 0;  ///< of its texture
};

class Layout {
 public:
  Layout(std::uint64_t seed, const ImageSize& size);

  /// What covers pixel (x,y).
  const Region& at(double x, double y) const;

 private:
  const Region& nearest_region(double x, double y) const;
  bool in_river(double x, double y) const;
  bool missing(double x, double y) const;

  Noise warp_x_, warp_y_, banks_;
  Index columns_ = 0, rows_ = 0;
  std::vector<Region> regions_;  ///< one to a square of the plane, margin included
  bool has_river_ = false;
  Region river_;
  double river_width_ = 0;
  bool has_gap_ = false;
  Region gap_;  ///< a half-plane without data, beyond its centre along its axes
};

}  // namespace fpanet
