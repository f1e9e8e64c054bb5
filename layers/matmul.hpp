#pragma once

#include "engine/graph/graph.hpp"

namespace fpanet {

/// At most one of the two may be true.
struct MatmulParams {
  bool transpose_a = false;
  bool transpose_b = false;
};

/// Multiplies a batch of matrices: a (N,I,K), or (N,K,I) if transposed, times b (N,K,J), or (N,J,K)
/// if transposed -> (N,I,J). Rank-2 inputs are a batch of one without the first dimension.
Value matmul(Value a, Value b, MatmulParams params = {});

}  // namespace fpanet
