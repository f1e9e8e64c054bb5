#pragma once
// The two-dimensional DCT-II over H and W and its inverse, as in torch_dct with norm=None. The
// formulas are in kernels/dct.hpp.

#include "engine/graph/graph.hpp"

namespace fpanet {

Value dct2d(Value x);   ///< (N,C,H,W) -> same shape
Value idct2d(Value x);  ///< exact inverse

}  // namespace fpanet
