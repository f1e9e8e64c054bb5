#pragma once
// Sum of two tensors, and copy, which is its backward.
//
//   add:  y = a + b                     copy:  y (=|+=) x
//   da (=|+=) dy, db (=|+=) dy
//
// Tensors of any shape, as flat elements, all of the same size. y may be a or b.

#include <span>

#include "engine/core/device.hpp"
#include "engine/core/write.hpp"

namespace fpanet::kernels {

template <class T>
void add(const Cpu& cpu, std::span<const T> a, std::span<const T> b, std::span<T> y);
template <class T>
void add(const Cuda& cuda, std::span<const T> a, std::span<const T> b, std::span<T> y);

template <class T>
void copy(const Cpu& cpu, std::span<const T> x, std::span<T> y, Write write);
template <class T>
void copy(const Cuda& cuda, std::span<const T> x, std::span<T> y, Write write);

}  // namespace fpanet::kernels
