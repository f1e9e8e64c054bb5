#pragma once
// FPA-Net's FrequencyFeature: the image without its 66 lowest DCT frequencies, i + j <= 10.
//
//   y = x - A_H^T (B . (A_H x A_W^T)) A_W,   B[i][j] = i + j <= 10
//   A_N (11,N):  A_N[k][n] = s_k cos(pi k (2n + 1) / (2N)),  s_0 = sqrt(1/N), s_k = sqrt(2/N)
//
// which equals idct2d(mask . dct2d(x)): the rows of A_N are orthonormal, so what is subtracted is
// the projection on those frequencies. Two thin products instead of two transforms. The operator
// is linear and symmetric: backward is the same function, dx = high_pass(dy).
// x, y (N,C,H,W), H, W >= 11; y may be x when assigned. Source: Rubel and Shih, FPA-Net, 2023
// (there through torch_dct).

#include <cstddef>
#include <span>

#include "engine/core/view.hpp"
#include "engine/core/write.hpp"

namespace fpanet::kernels {

inline constexpr Index kLowFrequencies = 11;  ///< per axis: 0 to 10

template <class T>
void high_pass(const Cpu& cpu, View<const T> x, View<T> y, Write write,
               std::span<std::byte> workspace);
template <class T>
void high_pass(const Cuda& cuda, View<const T> x, View<T> y, Write write,
               std::span<std::byte> workspace);

template <class T>
std::size_t high_pass_workspace_bytes(const Cpu& cpu, Index n, Index c, Index h, Index w);
template <class T>
std::size_t high_pass_workspace_bytes(const Cuda& cuda, Index n, Index c, Index h, Index w);

}  // namespace fpanet::kernels
