#pragma once

#include "engine/graph/graph.hpp"

namespace fpanet {

/// x (N,C,H,W) -> (2,C) f64: mean and biased variance of each channel. Has no gradient: the backward
/// of the batch norm that takes them includes the path through them.
Value channel_statistics(Value x);

}  // namespace fpanet
