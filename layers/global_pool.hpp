#pragma once
// Adaptive pooling to 1x1: one number per image and channel.

#include "engine/graph/graph.hpp"

namespace fpanet {

/// Mean over the pixels: (N,C,H,W) -> (N,C,1,1).
Value global_avg_pool(Value x);
/// Maximum over the pixels, the first in scan order gets the gradient: (N,C,H,W) -> (N,C,1,1).
Value global_max_pool(Value x);

}  // namespace fpanet
