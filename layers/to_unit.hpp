#pragma once

#include "engine/graph/graph.hpp"

namespace fpanet {

/// Converts bytes to [0,1]: y = float(x) / 255. The quotient is rounded to float for every `dtype`,
/// because the notebook divides before it widens. x u8 of any shape. Not differentiable.
Value to_unit(Value bytes, DType dtype);

}  // namespace fpanet
