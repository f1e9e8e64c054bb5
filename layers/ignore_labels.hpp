#pragma once

#include <vector>

#include "engine/graph/graph.hpp"

namespace fpanet {

/// labels i32 -> the same with `ignore_label` for those of `classes`, which lie in [0,256). Without
/// classes: labels itself. Not differentiable.
Value ignore_labels(Value labels, const std::vector<Index>& classes, Index ignore_label);

}  // namespace fpanet
