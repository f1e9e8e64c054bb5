#pragma once

#include <optional>

#include "engine/graph/graph.hpp"

namespace fpanet {

/// M = softmax(center top^T over the whole map) bottom without the map in memory; formulas in
/// kernels/position_attention.hpp. center, top (N,P,K), bottom (N,P,C) -> (N,P,C). The map is made
/// `block_rows` rows at a time, so many as fit into a few MiB by default. Backward reads the inputs,
/// M and two numbers an image.
Value position_attention(Value center, Value top, Value bottom,
                         std::optional<Index> block_rows = {});

}  // namespace fpanet
