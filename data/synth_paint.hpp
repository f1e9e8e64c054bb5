#pragma once
// What each land cover of a synthetic scene looks like.

#include <array>

#include "data/synth_layout.hpp"

namespace fpanet {

using Color = std::array<double, 3>;  ///< RGB, 0 to 255 but not clipped

/// The ground's colour at pixel (x,y) of a region.
Color paint(const Region& region, double x, double y);

}  // namespace fpanet
