#pragma once

#include <optional>

#include "engine/graph/graph.hpp"

namespace fpanet {

/// y = x weight^T + bias: x (N,in), weight (out,in), bias (out) -> (N,out). Records matmul and
/// bias_add.
Value linear(Value x, Value weight, std::optional<Value> bias);

}  // namespace fpanet
