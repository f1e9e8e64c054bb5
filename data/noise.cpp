#include "data/noise.hpp"

#include <cmath>

namespace fpanet {

namespace {

/// The finaliser of splitmix64.
std::uint64_t mixed(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

double fade(double t) {
  return t * t * (3.0 - 2.0 * t);
}

double blend(double a, double b, double t) {
  return a + (b - a) * t;
}

}  // namespace

double Noise::white(Index x, Index y) const {
  const std::uint64_t column = mixed(seed_ + 0x9e3779b97f4a7c15u * static_cast<std::uint64_t>(x));
  const std::uint64_t word = mixed(column + 0xd1342543de82ef95u * static_cast<std::uint64_t>(y));
  return static_cast<double>(word >> 11) * 0x1p-53;
}

double Noise::smooth(double x, double y) const {
  const double left = std::floor(x), top = std::floor(y);
  const auto ix = static_cast<Index>(left), iy = static_cast<Index>(top);
  const double tx = fade(x - left), ty = fade(y - top);
  return blend(blend(white(ix, iy), white(ix + 1, iy), tx),
               blend(white(ix, iy + 1), white(ix + 1, iy + 1), tx), ty);
}

double Noise::fractal(double x, double y, int octaves) const {
  double sum = 0.0, total = 0.0, weight = 1.0;
  for (int i = 0; i < octaves; ++i) {
    // Each octave is shifted so that their lattices do not coincide.
    sum += weight * smooth(x + 19.19 * i, y + 7.77 * i);
    total += weight;
    weight *= 0.5;
    x *= 2.0;
    y *= 2.0;
  }
  return sum / total;
}

Noise::Cell Noise::cell(double x, double y) const {
  const Noise tones(mixed(seed_ + 1)), rows(mixed(seed_ + 2));
  const auto ix = static_cast<Index>(std::floor(x)), iy = static_cast<Index>(std::floor(y));
  double best = 9.0;
  Cell found;
  for (Index cy = iy - 1; cy <= iy + 1; ++cy) {
    for (Index cx = ix - 1; cx <= ix + 1; ++cx) {
      const double dx = static_cast<double>(cx) + white(cx, cy) - x;
      const double dy = static_cast<double>(cy) + rows.white(cx, cy) - y;
      const double square = dx * dx + dy * dy;
      if (square >= best) continue;
      best = square;
      found.tone = tones.white(cx, cy);
    }
  }
  found.distance = std::sqrt(best);
  return found;
}

}  // namespace fpanet
