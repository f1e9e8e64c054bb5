#pragma once
// Two-dimensional DCT-II over H and W, its inverse, and the transposes of both (their backward
// passes).
//
//   forward   y = D_H x D_W^T    D_N[k][n] = 2 cos(pi k (2n + 1) / (2N))
//   inverse   y = E_H x E_W^T    E_N[n][k] = (k = 0 ? 1/2 : cos(pi k (2n + 1) / (2N))) / N
//   backward of either: dx = M_H^T dy M_W, that is, M^T replaces M
//
// x and y are (N,C,H,W) and must not overlap; each channel is transformed separately. The transform
// is two plain products, with an (H,H) and a (W,W) matrix: H + W multiply-adds per element, without
// a fast algorithm.
// Source: torch_dct.dct_2d, idct_2d with norm=None; Ahmed, Natarajan, Rao 1974.
// Derivation: docs/derivations/high_pass.md#the-cosine-transform

#include <cstddef>
#include <span>

#include "engine/core/view.hpp"
#include "engine/core/write.hpp"

namespace fpanet::kernels {

enum class DctMatrix : unsigned char { forward, inverse, forward_transposed, inverse_transposed };

template <class T>
void dct2d(const Cpu& cpu, DctMatrix matrix, View<const T> x, View<T> y, Write write,
           std::span<std::byte> workspace);
template <class T>
void dct2d(const Cuda& cuda, DctMatrix matrix, View<const T> x, View<T> y, Write write,
           std::span<std::byte> workspace);

template <class T>
std::size_t dct2d_workspace_bytes(const Cpu& cpu, Index n, Index c, Index h, Index w);
template <class T>
std::size_t dct2d_workspace_bytes(const Cuda& cuda, Index n, Index c, Index h, Index w);

}  // namespace fpanet::kernels
