#pragma once
// Softmax and its logarithm over each row.
//
//   softmax      y = exp(x - max) / sum(exp(x - max))      dx = y (dy - sum(y dy))
//   log_softmax  y = x - max - log(sum(exp(x - max)))      dx = dy - exp(y) sum(dy)
//
// x and y are (rows, cols), row-major; sums run over a row. Rows may be many and short (the classes
// of each pixel) or few and very long (an attention map of P*P entries). A row longer than a chunk
// is divided into fixed chunks, whose maxima and sums are combined in order. y may be x, dx may be
// dy. Backward needs y. Source: torch.softmax, torch.log_softmax.
// Derivation: docs/derivations/softmax_losses.md#softmax

#include <cstddef>
#include <span>

#include "engine/core/view.hpp"
#include "engine/core/write.hpp"

namespace fpanet::kernels {

template <class T>
void softmax(const Cpu& cpu, Matrices<const T> x, T* y, std::span<std::byte> workspace);
template <class T>
void softmax(const Cuda& cuda, Matrices<const T> x, T* y, std::span<std::byte> workspace);
template <class T>
void softmax_backward(const Cpu& cpu, Matrices<const T> y, const T* dy, T* dx, Write write,
                      std::span<std::byte> workspace);
template <class T>
void softmax_backward(const Cuda& cuda, Matrices<const T> y, const T* dy, T* dx, Write write,
                      std::span<std::byte> workspace);

template <class T>
void log_softmax(const Cpu& cpu, Matrices<const T> x, T* y, std::span<std::byte> workspace);
template <class T>
void log_softmax(const Cuda& cuda, Matrices<const T> x, T* y, std::span<std::byte> workspace);
template <class T>
void log_softmax_backward(const Cpu& cpu, Matrices<const T> y, const T* dy, T* dx, Write write,
                          std::span<std::byte> workspace);
template <class T>
void log_softmax_backward(const Cuda& cuda, Matrices<const T> y, const T* dy, T* dx, Write write,
                          std::span<std::byte> workspace);

/// Bytes of workspace that each of the four functions needs.
template <class T>
std::size_t softmax_workspace_bytes(const Cpu& cpu, Index rows, Index cols);
template <class T>
std::size_t softmax_workspace_bytes(const Cuda& cuda, Index rows, Index cols);

}  // namespace fpanet::kernels
