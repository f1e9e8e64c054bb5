#pragma once
// Random fields over the plane, each a function of (seed, x, y): no state, no tables.

#include <cstdint>

#include "engine/core/shape.hpp"

namespace fpanet {

class Noise {
 public:
  explicit Noise(std::uint64_t seed) : seed_(seed) {}

  /// Independent at every integer point, uniform in [0,1).
  double white(Index x, Index y) const;
  /// White noise at integer points, smoothly interpolated between: features about 1 wide.
  double smooth(double x, double y) const;
  /// Smooth noise of halving size and weight, in [0,1).
  double fractal(double x, double y, int octaves) const;

  struct Cell {
    double distance = 0;  ///< to the nearest of points scattered one to a unit square
    double tone = 0;      ///< that point's own number in [0,1)
  };
  Cell cell(double x, double y) const;

 private:
  std::uint64_t seed_;
};

}  // namespace fpanet
