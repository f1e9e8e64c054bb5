#pragma once

#include "engine/graph/graph.hpp"

namespace fpanet {

/// Over the channels of (N,C,H,W), or the last dimension of another rank. Backward reads y.
Value softmax(Value x);
/// x - log(sum(exp(x))) over the same dimension. Backward reads y.
Value log_softmax(Value x);

}  // namespace fpanet
