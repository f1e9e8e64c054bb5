#pragma once

#include "engine/graph/graph.hpp"

namespace fpanet {

/// y = x + bias, broadcast along the channels of (N,C,H,W) or along the last dimension of other
/// ranks. bias (C).
Value bias_add(Value x, Value bias);

}  // namespace fpanet
