#pragma once
// Bytes to [0,1]: y = float(x) / 255. This is a float division for every T, because the notebook
// divides in float32 before widening.

#include <cstdint>
#include <span>

#include "engine/core/device.hpp"

namespace fpanet::kernels {

template <class T>
void to_unit(const Cpu& cpu, std::span<const std::uint8_t> x, std::span<T> y);
template <class T>
void to_unit(const Cuda& cuda, std::span<const std::uint8_t> x, std::span<T> y);

}  // namespace fpanet::kernels
