#pragma once

#include <cstdint>

#include "engine/graph/graph.hpp"

namespace fpanet {

/// y = x / (1 - p) with probability 1 - p, else 0. `rng` is an i64 tensor (2) with a seed and a
/// step. Whether element i is dropped is a function of (seed, step, stream, i), so backward
/// recomputes the mask. The caller advances the step between runs and gives each dropout of a graph
/// its own `stream`.
Value dropout(Value x, Value rng, double p, std::uint32_t stream = 0);

}  // namespace fpanet
