#pragma once
// Adds a bias to each column.
//
//   y[r][c] = x[r][c] + b[c]
//   dx (=|+=) dy (kernels/add.hpp: copy),  db[c] (=|+=) sum_r dy[r][c]
//
// x and y are (rows, cols), row-major: the pixels of (N,C,H,W) by its channels. y may be x. Sums
// are computed over fixed chunks of rows: in float within groups of 16 rows, in double beyond. b
// and db are Real<T>, which is float for bfloat16.

#include <cstddef>
#include <span>

#include "engine/core/view.hpp"
#include "engine/core/write.hpp"
#include "kernels/base/body.hpp"

namespace fpanet::kernels {

template <class T>
void bias_add(const Cpu& cpu, Matrices<const T> x, const Real<T>* b, T* y);
template <class T>
void bias_add(const Cuda& cuda, Matrices<const T> x, const Real<T>* b, T* y);

template <class T>
void bias_gradient(const Cpu& cpu, Matrices<const T> dy, Real<T>* db, Write write,
                   std::span<std::byte> workspace);
template <class T>
void bias_gradient(const Cuda& cuda, Matrices<const T> dy, Real<T>* db, Write write,
                   std::span<std::byte> workspace);

template <class T>
std::size_t bias_gradient_workspace_bytes(const Cpu& cpu, Index rows, Index cols);
template <class T>
std::size_t bias_gradient_workspace_bytes(const Cuda& cuda, Index rows, Index cols);

}  // namespace fpanet::kernels
