#pragma once
// Rectified linear unit.
//
//   y  = max(x, 0), NaN stays NaN
//   dx = y > 0 ? dy : 0
//
// Tensors of any shape, as flat elements. y may be x, dx may be dy. Backward needs y, but not x.
// Source: torch.nn.ReLU.

#include <span>

#include "engine/core/device.hpp"
#include "engine/core/write.hpp"

namespace fpanet::kernels {

template <class T>
void relu(const Cpu& cpu, std::span<const T> x, std::span<T> y);
template <class T>
void relu(const Cuda& cuda, std::span<const T> x, std::span<T> y);

template <class T>
void relu_backward(const Cpu& cpu, std::span<const T> y, std::span<const T> dy, std::span<T> dx,
                   Write write);
template <class T>
void relu_backward(const Cuda& cuda, std::span<const T> y, std::span<const T> dy, std::span<T> dx,
                   Write write);

}  // namespace fpanet::kernels
