#pragma once

#include <cstdint>

#include "engine/graph/graph.hpp"

namespace fpanet {

/// y = x / (1 - p) with probability 1 - p, else 0. `rng` is an i64 tensor (2) holding a seed and a
/// step: the i-th element's fate is a function of (seed, step, stream, i), so the caller advances
/// the step between runs, gives each dropout of a graph its own `stream`, and backward recomputes
/// the mask.
Value dropout(Value x, Value rng, double p, std::uint32_t stream = 0);

}  // namespace fpanet
