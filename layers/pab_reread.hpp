#pragma once

#include "engine/graph/graph.hpp"

namespace fpanet {

/// The reshape without a transpose in FPA-Net's attention: reinterprets the row-major memory of m
/// (N,P,C), P = h*w, as (N,C,h,w). y[n][c][p] = (m[n] flattened)[c*P + p].
Value pab_reread(Value m, Index h, Index w);

}  // namespace fpanet
