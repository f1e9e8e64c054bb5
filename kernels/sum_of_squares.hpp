#pragma once
// The sum of the squares of all elements, added up in double.
//
//   sum = x[0]^2 + x[1]^2 + ...
//
// x (any number of elements), sum one f64, assigned or added to. It is not differentiable. Its root
// over all gradients is the global norm of torch.nn.utils.clip_grad_norm_.

#include <cstddef>
#include <span>

#include "engine/core/bfloat16.hpp"
#include "engine/core/device.hpp"
#include "engine/core/index.hpp"
#include "engine/core/write.hpp"

namespace fpanet::kernels {

template <class T>
void sum_of_squares(const Cpu& cpu, std::span<const T> x, double* sum, Write write,
                    std::span<std::byte> workspace);
template <class T>
void sum_of_squares(const Cuda& cuda, std::span<const T> x, double* sum, Write write,
                    std::span<std::byte> workspace);

template <class T>
std::size_t sum_of_squares_workspace_bytes(const Cpu& cpu, Index size);
template <class T>
std::size_t sum_of_squares_workspace_bytes(const Cuda& cuda, Index size);

}  // namespace fpanet::kernels
