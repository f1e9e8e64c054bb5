#pragma once
// Index of the largest entry of each row: y[r] = argmax_c x[r][c]. The first one wins if several
// are equal.
//
// x (rows, cols) row-major: the pixels of (N,C,H,W) by their channels. y has one i32 per row. Not
// differentiable. Source: torch.argmax.

#include <cstdint>

#include "engine/core/view.hpp"

namespace fpanet::kernels {

template <class T>
void argmax(const Cpu& cpu, Matrices<const T> x, std::int32_t* y);
template <class T>
void argmax(const Cuda& cuda, Matrices<const T> x, std::int32_t* y);

}  // namespace fpanet::kernels
