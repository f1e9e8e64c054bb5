#include "data/georeference.hpp"

#include <cmath>

namespace fpanet {

std::array<double, 2> Georeference::pixel_size() const {
  return {std::hypot(transform[1], transform[4]), std::hypot(transform[2], transform[5])};
}

}  // namespace fpanet
