#pragma once

#include "engine/graph/graph.hpp"

namespace fpanet {

struct MaxPoolParams {
  Index kernel = 3;
  Index stride = 2;
  Index padding = 1;  ///< at most kernel / 2; padding never wins
};

/// x (N,C,H,W) -> (N,C,OH,OW), OH = floor((H + 2*padding - kernel) / stride) + 1. The first maximum
/// of a window in scan order gets the gradient. Backward reads the winners (one byte each).
Value max_pool(Value x, MaxPoolParams params);

}  // namespace fpanet
