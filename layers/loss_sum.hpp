#pragma once

#include <vector>

#include "engine/graph/graph.hpp"

namespace fpanet {

struct LossTerm {
  double factor = 1;
  Value loss = {};  ///< one number
};

/// The sum of factor * loss, which have one dtype; the loss itself for a single term of factor 1.
Value loss_sum(const std::vector<LossTerm>& terms);

}  // namespace fpanet
