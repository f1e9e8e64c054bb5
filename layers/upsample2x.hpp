#pragma once

#include "engine/graph/graph.hpp"

namespace fpanet {

/// Nearest-neighbour upsampling: y[n,c,i,j] = x[n,c,i/2,j/2]; (N,C,h,w) -> (N,C,2h,2w).
Value upsample2x(Value x);
/// concat(upsample2x(x), skip) in one sweep: x (N,C1,h,w), skip (N,C2,2h,2w) -> (N,C1+C2,2h,2w).
Value upsample2x_concat(Value x, Value skip);

}  // namespace fpanet
