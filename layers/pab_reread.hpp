#pragma once

#include "engine/graph/graph.hpp"

namespace fpanet {

/// The un-transposed reshape of FPA-Net's attention: the row-major memory of m (N,P,C), P = h*w, is
/// read as (N,C,h,w): y[n][c][p] = m[n] flat [c*P + p].
Value pab_reread(Value m, Index h, Index w);

}  // namespace fpanet
