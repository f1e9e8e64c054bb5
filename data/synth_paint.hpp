#pragma once
// The appearance of each land cover in a synthetic scene.

#include <array>

#include "data/synth_layout.hpp"

namespace fpanet {

using Color = std::array<double, 3>;  ///< RGB, 0 to 255 but not clipped

/// The colour of a region at pixel (x,y).
Color paint(const Region& region, double x, double y);

/// The near infrared of the same pixel, whose colour is `color`: dark on water, which absorbs it, and
/// bright on plants, which reflect it, whatever their colour. 0 to 255 but not clipped.
double near_infrared(const Region& region, const Color& color);

}  // namespace fpanet
