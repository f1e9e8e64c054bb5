#pragma once

#include "engine/graph/graph.hpp"

namespace fpanet {

struct MaxPoolParams {
  Index kernel = 3;
  Index stride = 2;
  Index padding = 1;  ///< at most kernel / 2; a padding value is never the maximum
};

/// x (N,C,H,W) -> (N,C,OH,OW), OH = floor((H + 2*padding - kernel) / stride) + 1. The first maximum
/// of a window in scan order receives the gradient. Backward reads the position of that maximum in
/// each window (one byte).
Value max_pool(Value x, MaxPoolParams params);

}  // namespace fpanet
