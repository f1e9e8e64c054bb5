#pragma once

#include "engine/graph/graph.hpp"

namespace fpanet {

/// Along the channels, a first: a (N,C1,H,W), b (N,C2,H,W) -> (N,C1+C2,H,W).
Value concat(Value a, Value b);

}  // namespace fpanet
