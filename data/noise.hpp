#pragma once
// Random fields over the plane. Each is a function of (seed, x, y), without state or tables.

#include <cstdint>

#include "engine/core/shape.hpp"

namespace fpanet {

class Noise {
 public:
  explicit Noise(std::uint64_t seed) : seed_(seed) {}

  /// Uniform in [0,1) and independent at every integer point.
  double white(Index x, Index y) const;
  /// White noise at the integer points, smoothly interpolated in between. Features are about 1
  /// wide.
  double smooth(double x, double y) const;
  /// A sum of octaves of smooth noise, each with half the size and weight of the one before; in
  /// [0,1).
  double fractal(double x, double y, int octaves) const;

  struct Cell {
    double distance = 0;  ///< to the nearest point, where every unit square has one random point
    double tone = 0;      ///< a random number of that point in [0,1)
  };
  Cell cell(double x, double y) const;

 private:
  std::uint64_t seed_;
};

}  // namespace fpanet
