#pragma once
// Converts elements to another floating type: y (=|+=) To(x). Narrowing rounds to nearest, ties to
// even. When accumulating, the sum is computed in float and rounded once. x and y must not overlap.

#include <span>

#include "engine/core/device.hpp"
#include "engine/core/write.hpp"

namespace fpanet::kernels {

/// float <-> bfloat16. On the CPU also double -> double, which the gradient check of the op uses.
template <class From, class To>
void cast(const Cpu& cpu, std::span<const From> x, std::span<To> y, Write write);
/// float <-> bfloat16.
template <class From, class To>
void cast(const Cuda& cuda, std::span<const From> x, std::span<To> y, Write write);

}  // namespace fpanet::kernels
