#pragma once
// FPA-Net's FrequencyFeature: removes the low DCT frequencies of an image, i + j <= R. The published
// radius R is 10, which removes 66 of them; R = 0 removes the mean.
//
//   y = x - A_H^T (B . (A_H x A_W^T)) A_W,   B[i][j] = i + j <= R
//   A_N (R+1,N):  A_N[k][n] = s_k cos(pi k (2n + 1) / (2N)),  s_0 = sqrt(1/N), s_k = sqrt(2/N)
//
// This equals idct2d(mask . dct2d(x)): the rows of A_N are orthonormal, so the projection on those
// frequencies is subtracted. It takes two thin products instead of two transforms. The operator is
// linear and symmetric, so backward is the same function: dx = high_pass(dy).
// x, y (N,C,H,W), H, W > R; y may be x when assigned. Source: Rubel and Shih, FPA-Net, 2023,
// which computes it with torch_dct.
// Derivation: docs/derivations/high_pass.md#the-filter-is-a-projection

#include <cstddef>
#include <span>

#include "engine/core/view.hpp"
#include "engine/core/write.hpp"

namespace fpanet::kernels {

/// R as published.
inline constexpr Index kHighPassRadius = 10;
/// Frequencies per axis that one pass over an image keeps in registers: those of the published
/// radius. A larger radius takes several passes.
inline constexpr Index kLowFrequencies = kHighPassRadius + 1;

template <class T>
void high_pass(const Cpu& cpu, View<const T> x, Index radius, View<T> y, Write write,
               std::span<std::byte> workspace);
template <class T>
void high_pass(const Cuda& cuda, View<const T> x, Index radius, View<T> y, Write write,
               std::span<std::byte> workspace);

template <class T>
std::size_t high_pass_workspace_bytes(const Cpu& cpu, Index n, Index c, Index h, Index w,
                                      Index radius);
template <class T>
std::size_t high_pass_workspace_bytes(const Cuda& cuda, Index n, Index c, Index h, Index w,
                                      Index radius);

}  // namespace fpanet::kernels
