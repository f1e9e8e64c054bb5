#include "data/georeference.hpp"

#include <cmath>

namespace fpanet {

std::array<double, 2> Georeference::pixel_size() const {
  return {std::hypot(transform[1], transform[4]), std::hypot(transform[2], transform[5])};
}

bool Georeference::is_known() const {
  return transform != Georeference{}.transform || !points.empty();
}

Georeference Georeference::moved(double column, double row) const {
  Georeference part = *this;
  part.transform[0] += column * transform[1] + row * transform[2];
  part.transform[3] += column * transform[4] + row * transform[5];
  for (GroundControlPoint& point : part.points) {
    point.column -= column;
    point.row -= row;
  }
  return part;
}

}  // namespace fpanet
