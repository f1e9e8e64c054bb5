#pragma once

#include "engine/graph/graph.hpp"

namespace fpanet {

/// Concatenates along the channels, a before b: a (N,C1,H,W), b (N,C2,H,W) -> (N,C1+C2,H,W).
Value concat(Value a, Value b);

}  // namespace fpanet
