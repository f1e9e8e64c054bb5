#pragma once
// Dropout whose mask is a function of counters, so that it is never stored.
//
//   y[i] (=|+=) keep(i) ? x[i] / (1 - p) : 0,   P(keep) = 1 - p
//   keep(i) = word i % 4 of philox4x32(key = rng[0], counter = (i / 4, rng[1], stream)) >= p 2^32
//
// Tensors of any shape, as flat elements (at most 2^34). `rng` is two i64: seed and step. Backward
// is the same function applied to dy. y may be x when assigned. p = 1 gives zeros.
// Source: torch.nn.Dropout; Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC11.

#include <cstdint>
#include <span>

#include "engine/core/device.hpp"
#include "engine/core/write.hpp"

namespace fpanet::kernels {

template <class T>
void dropout(const Cpu& cpu, std::span<const T> x, const std::int64_t* rng, std::uint32_t stream,
             double p, std::span<T> y, Write write);
template <class T>
void dropout(const Cuda& cuda, std::span<const T> x, const std::int64_t* rng, std::uint32_t stream,
             double p, std::span<T> y, Write write);

}  // namespace fpanet::kernels
