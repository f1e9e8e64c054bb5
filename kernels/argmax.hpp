#pragma once
// Index of the largest entry of each row, the first of several: y[r] = argmax_c x[r][c].
//
// x (rows, cols) row-major: the channels of each pixel of (N,C,H,W). y has one i32 a row.
// Not differentiable. Source: torch.argmax.

#include <cstdint>

#include "engine/core/view.hpp"

namespace fpanet::kernels {

template <class T>
void argmax(const Cpu& cpu, Matrices<const T> x, std::int32_t* y);
template <class T>
void argmax(const Cuda& cuda, Matrices<const T> x, std::int32_t* y);

}  // namespace fpanet::kernels
