#pragma once

#include <optional>

#include "engine/graph/graph.hpp"

namespace fpanet {

/// M = softmax(center top^T) bottom, with the softmax over the whole (P,P) map of an image, without
/// storing that map. The formulas are in kernels/position_attention.hpp. center, top (N,P,K),
/// bottom (N,P,C) -> (N,P,C). The map is computed `block_rows` rows at a time, by default as many
/// as fit into 16 MiB. Backward reads the inputs, M and two numbers per image.
Value position_attention(Value center, Value top, Value bottom,
                         std::optional<Index> block_rows = {});

}  // namespace fpanet
