#pragma once
// Adaptive pooling to 1x1: one value per image and channel.

#include "engine/graph/graph.hpp"

namespace fpanet {

/// The mean over the pixels: (N,C,H,W) -> (N,C,1,1).
Value global_avg_pool(Value x);
/// The maximum over the pixels: (N,C,H,W) -> (N,C,1,1). The first maximum in scan order receives
/// the gradient.
Value global_max_pool(Value x);

}  // namespace fpanet
