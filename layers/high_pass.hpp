#pragma once

#include "engine/graph/graph.hpp"

namespace fpanet {

/// FPA-Net's FrequencyFeature: x without its 66 lowest DCT frequencies (i + j <= 10). x (N,C,H,W)
/// with H, W >= 11. It is a symmetric projection, so backward applies it to the gradient.
Value high_pass(Value x);

}  // namespace fpanet
