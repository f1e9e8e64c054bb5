#pragma once

#include "engine/graph/graph.hpp"

namespace fpanet {

/// y = x + bias along the channels of (N,C,H,W), or the last dimension of another rank; bias (C).
Value bias_add(Value x, Value bias);

}  // namespace fpanet
