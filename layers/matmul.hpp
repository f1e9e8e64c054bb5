#pragma once

#include "engine/graph/graph.hpp"

namespace fpanet {

/// At most one of the two.
struct MatmulParams {
  bool transpose_a = false;
  bool transpose_b = false;
};

/// One product per item of a batch: a (N,I,K) [transposed: (N,K,I)], b (N,K,J) [(N,J,K)] ->
/// (N,I,J). Rank 2 is a batch of one without the first dimension.
Value matmul(Value a, Value b, MatmulParams params = {});

}  // namespace fpanet
