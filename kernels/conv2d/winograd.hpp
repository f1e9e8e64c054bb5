#pragma once
// 3x3 convolution of stride 1 by Winograd's F(m x m,3x3) (winograd_tiles.hpp), m = 4 in general: a quarter of
// the multiplications. The transforms cost about one digit (docs/performance.md), so all is computed in float;
// images and weights are float or bfloat16 (T), widened when they are read and rounded when written.
//
//   forward and backward input    U[p] = (G w G^T)[p]       (C_in, C_out), once per call or per model
//                                 V[p] = (B^T d B)[p]       (tiles, C_in)
//                                 M[p] = V[p] U[p]          (m+2)^2 products
//                                 y    = A^T M A
//   backward weight               dU[p] += V[p]^T Z[p], Z = A dy A^T;   dw = G^T dU G
//
// Backward input is the forward pass on dy with the kernel turned by 180 degrees and its channels
// exchanged. Tiles are taken a block at a time, so that V and M of a block stay in cache; nothing
// but U, and V where a block alone would read U too often, is ever written to memory.

#include <cstddef>
#include <span>

#include "kernels/conv2d.hpp"

namespace fpanet::kernels::winograd {

/// 3x3, stride 1, padding 0 to 2, channels in multiples of 16.
bool supports(const Conv2dGeometry& g);
/// The same for the forward pass alone, where C_out may be any number.
bool supports_forward(const Conv2dGeometry& g);
/// Supported, and 2^27 multiply-adds or more. Less is over in milliseconds either way and is better
/// done without the transforms' rounding: a network on small images normalises over so few values
/// that each digit counts.
bool is_worthwhile(const Conv2dGeometry& g);
/// The same beside direct products of bfloat16 pairs (conv2d/pairs.hpp), twice as fast as those of float:
/// only from 64 channels each way, where the transforms are a small part.
bool is_worthwhile_beside_pairs(const Conv2dGeometry& g);
/// is_worthwhile of the forward pass, with output channels counted in blocks of 16, about what a direct product
/// computes of them.
bool forward_is_worthwhile(const Conv2dGeometry& g);

/// m with the fewest operations for a pass, of those it may take: 4, or 2 where tiles are so few that
/// making or reading U takes longer than the products.
Index forward_tile(const Conv2dGeometry& g);
Index backward_input_tile(const Conv2dGeometry& g);
/// The same with weights prepared, for inference: 5, too. Its error is twice that of 4, which training, where
/// errors of a layer's output become those of its gradients, does without.
Index prepared_tile(const Conv2dGeometry& g);

/// kTile is m: 2, 4 or 5.
template <class T, Index kTile>
void forward(const Cpu& cpu, const Conv2dGeometry& g, const T* x, const T* w,
             const Conv2dEpilogue<T>& epilogue, T* y, std::span<std::byte> workspace);
template <class T, Index kTile>
void backward_input(const Cpu& cpu, const Conv2dGeometry& g, const T* dy, const T* w, T* dx,
                    Write write, std::span<std::byte> workspace);
/// F(4x4,3x3).
template <class T>
void backward_weight(const Cpu& cpu, const Conv2dGeometry& g, const T* x, const T* dy, Real<T>* dw,
                     Write write, std::span<std::byte> workspace);

/// U, made once for many forward runs: float, (m+2)^2/9 times as many numbers as w. Places of T that it takes.
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
