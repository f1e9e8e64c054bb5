#pragma once

#include "engine/graph/graph.hpp"

namespace fpanet {

/// FPA-Net's FrequencyFeature: x without its low DCT frequencies, i + j <= radius. The published
/// radius is 10; radius 0 removes the mean. x (N,C,H,W) with H, W > radius. It is a symmetric
/// projection, so backward applies it to the gradient.
Value high_pass(Value x, Index radius);

}  // namespace fpanet
