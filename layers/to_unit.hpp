#pragma once

#include "engine/core/band_scale.hpp"
#include "engine/graph/graph.hpp"

namespace fpanet {

/// Converts the samples of images to [0,1] by the scale of their band, in float for every `dtype`,
/// because the notebook divides before it widens: for bytes, y = float(x) / 255. x u8, u16, i16 or
/// f32, of any shape if all bands share one scale, else (N,C,H,W) with at most 16 bands. Not
/// differentiable.
Value to_unit(Value samples, DType dtype, const BandScale& scale = BandScale::bytes());

}  // namespace fpanet
