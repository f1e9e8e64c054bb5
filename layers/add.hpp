#pragma once

#include "engine/graph/graph.hpp"

namespace fpanet {

/// y = a + b, shapes equal (no broadcasting). Backward reads nothing.
Value add(Value a, Value b);

}  // namespace fpanet
