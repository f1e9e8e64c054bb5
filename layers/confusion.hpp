#pragma once

#include <optional>

#include "engine/graph/graph.hpp"

namespace fpanet {

/// Counts the pairs (label, argmax over the channels) of each image: scores (N,C,H,W), labels i32
/// (N,1,H,W) -> i64 (N,C+1,C+1). Rows are labels, columns are predictions. A label outside [0,C)
/// counts in the last row. Pixels labelled `ignore_index` are not counted. Not differentiable.
Value confusion(Value scores, Value labels, std::optional<Index> ignore_index);

}  // namespace fpanet
