#pragma once

#include "engine/graph/graph.hpp"

namespace fpanet {

/// Bytes to [0,1]: y = float(x) / 255, the quotient rounded to float whatever `dtype` is (the
/// notebook divides before it widens). x u8 of any shape. Not differentiable.
Value to_unit(Value bytes, DType dtype);

}  // namespace fpanet
