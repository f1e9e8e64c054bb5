#pragma once

#include "engine/graph/graph.hpp"

namespace fpanet {

/// y = max(x, 0), any shape; NaN stays NaN. Backward reads y.
Value relu(Value x);

}  // namespace fpanet
