#pragma once
// Converts between PyTorch's order (row-major NCHW, OIHW) and the engine's order (channels-last for
// rank 4).

#include <span>
#include <vector>

#include "engine/core/tensor.hpp"

namespace fpanet {

/// Fills `tensor` (CPU) from `values`, which are in row-major order of its shape.
template <class T>
void from_row_major(std::span<const T> values, const Tensor& tensor);

/// The elements of `tensor` (CPU) in row-major order of its shape.
template <class T>
std::vector<T> to_row_major(const Tensor& tensor);

}  // namespace fpanet
