#pragma once

#include <vector>

#include "engine/graph/graph.hpp"
#include "engine/graph/parameters.hpp"

namespace fpanet {

/// For each group, the sum of the squares of the elements of its segments of a flat region: f64
/// (groups). Of all gradients, it is the square of their global norm. No gradient.
Value sum_of_squares(Value region, const std::vector<std::vector<Segment>>& groups);

}  // namespace fpanet
