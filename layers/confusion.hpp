#pragma once

#include <optional>

#include "engine/graph/graph.hpp"

namespace fpanet {

/// Per-image counts of (label, argmax of the channels): scores (N,C,H,W), labels i32 (N,1,H,W) ->
/// i64 (N,C+1,C+1), rows are labels, columns predictions. Labels outside [0,C) count in the last
/// row, pixels labelled `ignore_index` nowhere. Not differentiable.
Value confusion(Value scores, Value labels, std::optional<Index> ignore_index);

}  // namespace fpanet
