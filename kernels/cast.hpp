#pragma once
// Elements in another floating type: y (=|+=) To(x). Narrowing rounds to nearest, ties to even; a sum
// is formed in float and rounded once. x and y may not overlap.

#include <span>

#include "engine/core/device.hpp"
#include "engine/core/write.hpp"

namespace fpanet::kernels {

/// float <-> bfloat16; on the CPU also double -> double, on which the op's gradient is checked.
template <class From, class To>
void cast(const Cpu& cpu, std::span<const From> x, std::span<To> y, Write write);
/// float <-> bfloat16.
template <class From, class To>
void cast(const Cuda& cuda, std::span<const From> x, std::span<To> y, Write write);

}  // namespace fpanet::kernels
