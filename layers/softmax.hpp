#pragma once

#include "engine/graph/graph.hpp"

namespace fpanet {

/// The softmax over the channels of (N,C,H,W), or over the last dimension of other ranks. Backward
/// reads y.
Value softmax(Value x);
/// x - log(sum(exp(x))) over the same dimension. Backward reads y.
Value log_softmax(Value x);

}  // namespace fpanet
