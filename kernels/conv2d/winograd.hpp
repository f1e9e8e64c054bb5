#pragma once
// 3x3 convolution of stride 1 by Winograd's F(m x m,3x3) (winograd_tiles.hpp), usually with m = 4,
// which needs a quarter of the multiplications. The transforms lose about one decimal digit
// (docs/performance/inference.md), so everything is computed in float. Images and weights are T, float or
// bfloat16: they are widened when read and rounded when written.
//
//   forward and backward input    U[p] = (G w G^T)[p]       (C_in, C_out), once per call or per model
//                                 V[p] = (B^T d B)[p]       (tiles, C_in)
//                                 M[p] = V[p] U[p]          (m+2)^2 products
//                                 y    = A^T M A
//   backward weight               dU[p] += V[p]^T Z[p], Z = A dy A^T;   dw = G^T dU G
//
// Backward input is the forward pass on dy with the kernel rotated by 180 degrees and its input and
// output channels exchanged. Tiles are processed in blocks, so that V and M of a block stay in
// cache. Only U is written to memory, and V where reading U once per block would cost too much.
// Derivation: docs/derivations/winograd.md#two-dimensions

#include <cstddef>
#include <span>
#include <type_traits>

#include "kernels/conv2d.hpp"

namespace fpanet::kernels::winograd {

/// 3x3, stride 1, padding 0 to 2, channels in multiples of 16.
bool supports(const Conv2dGeometry& g);
/// The same for the forward pass only, where C_out may be any number.
bool supports_forward(const Conv2dGeometry& g);
/// Whether the geometry is supported and has at least 2^27 multiply-adds. Smaller convolutions take
/// only milliseconds anyway and are better computed without the rounding error of the transforms: a
/// network on small images normalises over so few values that every digit counts.
bool is_worthwhile(const Conv2dGeometry& g);
/// The same if the alternative is direct products of bfloat16 pairs (conv2d/pairs.hpp), which are
/// twice as fast as those of float. Also requires at least 64 input and output channels, so that
/// the transforms are a small share of the time.
bool is_worthwhile_beside_pairs(const Conv2dGeometry& g);
/// is_worthwhile for the forward pass. Output channels are rounded up to blocks of 16, because a
/// direct product computes about as many.
bool forward_is_worthwhile(const Conv2dGeometry& g);

/// The m with the fewest operations for a pass: 4, or 2 if there are so few tiles that computing or
/// reading U takes longer than the products.
Index forward_tile(const Conv2dGeometry& g);
Index backward_input_tile(const Conv2dGeometry& g);
/// The same for prepared weights, that is for inference, where m may also be 5. Its error is twice
/// that of 4. Training does not use it because errors of a layer's output become errors of its
/// gradients.
Index prepared_tile(const Conv2dGeometry& g);

/// Whether conv2d.cpp uses F(kTile x kTile,3x3) for a pass on images of T: Winograd is worthwhile,
/// and kTile is the tile size with the fewest operations.
template <class T>
bool is_worthwhile_for(const Conv2dGeometry& g, bool (*in_float)(const Conv2dGeometry&)) {
  return std::is_same_v<T, bfloat16> ? is_worthwhile_beside_pairs(g) : in_float(g);
}
template <class T, Index kTile>
bool forward_fits(const Conv2dGeometry& g) {
  return is_worthwhile_for<T>(g, forward_is_worthwhile) && forward_tile(g) == kTile;
}
template <class T, Index kTile>
bool prepared_fits(const Conv2dGeometry& g) {
  return is_worthwhile_for<T>(g, forward_is_worthwhile) && prepared_tile(g) == kTile;
}
template <class T, Index kTile>
bool backward_input_fits(const Conv2dGeometry& g) {
  return is_worthwhile_for<T>(g, is_worthwhile) && backward_input_tile(g) == kTile;
}
template <class T>
bool backward_weight_fits(const Conv2dGeometry& g) {
  return is_worthwhile_for<T>(g, is_worthwhile);
}

/// kTile is m: 2, 4 or 5.
template <class T, Index kTile>
void forward(const Cpu& cpu, const Conv2dGeometry& g, const T* x, const T* w,
             const Conv2dEpilogue<T>& epilogue, T* y, std::span<std::byte> workspace);
template <class T, Index kTile>
void backward_input(const Cpu& cpu, const Conv2dGeometry& g, const T* dy, const T* w, T* dx,
                    Write write, std::span<std::byte> workspace);
/// Uses F(4x4,3x3).
template <class T>
void backward_weight(const Cpu& cpu, const Conv2dGeometry& g, const T* x, const T* dy, Real<T>* dw,
                     Write write, std::span<std::byte> workspace);

/// Number of elements of T that U occupies. U is prepared once for many forward calls: (m+2)^2/9
/// times as many numbers as w, in float.
template <class T, Index kTile>
Index prepared_numel(const Conv2dGeometry& g);
template <class T, Index kTile>
void prepare(const Cpu& cpu, const Conv2dGeometry& g, const T* w, T* u);
template <class T, Index kTile>
void forward_prepared(const Cpu& cpu, const Conv2dGeometry& g, const T* x, const T* u,
                      const Conv2dEpilogue<T>& epilogue, T* y, std::span<std::byte> workspace);

template <class T, Index kTile>
std::size_t forward_prepared_workspace_bytes(const Cpu& cpu, const Conv2dGeometry& g);
template <class T, Index kTile>
std::size_t forward_workspace_bytes(const Cpu& cpu, const Conv2dGeometry& g);
template <class T, Index kTile>
std::size_t backward_input_workspace_bytes(const Cpu& cpu, const Conv2dGeometry& g);
template <class T>
std::size_t backward_weight_workspace_bytes(const Cpu& cpu, const Conv2dGeometry& g);

}  // namespace fpanet::kernels::winograd
