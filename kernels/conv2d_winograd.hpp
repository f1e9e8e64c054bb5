#pragma once
// 3x3 convolution of stride 1 by Winograd's F(4x4,3x3) (winograd_tiles.hpp): a quarter of the
// multiplications. Float only: the transforms cost about one digit (docs/performance.md).
//
//   forward and backward input    U[p] = (G w G^T)[p]       (C_in, C_out), once per call or per model
//                                 V[p] = (B^T d B)[p]       (tiles, C_in)
//                                 M[p] = V[p] U[p]          36 products
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
/// Supported, and 2^27 multiply-adds or more. Less is over in milliseconds either way and is better
/// done without the transforms' rounding: a network on small images normalises over so few values
/// that each digit counts.
bool is_worthwhile(const Conv2dGeometry& g);

void forward(const Cpu& cpu, const Conv2dGeometry& g, const float* x, const float* w,
             const Conv2dEpilogue<float>& epilogue, float* y, std::span<std::byte> workspace);
void backward_input(const Cpu& cpu, const Conv2dGeometry& g, const float* dy, const float* w,
                    float* dx, Write write, std::span<std::byte> workspace);
void backward_weight(const Cpu& cpu, const Conv2dGeometry& g, const float* x, const float* dy,
                     float* dw, Write write, std::span<std::byte> workspace);

/// U, made once for many forward runs: 4 times as large as w. Elements of it; 0 where it would not
/// pay, with so many tiles that making U is a small part of a run.
Index prepared_numel(const Conv2dGeometry& g);
void prepare(const Cpu& cpu, const Conv2dGeometry& g, const float* w, float* u);
void forward_prepared(const Cpu& cpu, const Conv2dGeometry& g, const float* x, const float* u,
                      const Conv2dEpilogue<float>& epilogue, float* y,
                      std::span<std::byte> workspace);

std::size_t forward_prepared_workspace_bytes(const Cpu& cpu, const Conv2dGeometry& g);
std::size_t forward_workspace_bytes(const Cpu& cpu, const Conv2dGeometry& g);
std::size_t backward_input_workspace_bytes(const Cpu& cpu, const Conv2dGeometry& g);
std::size_t backward_weight_workspace_bytes(const Cpu& cpu, const Conv2dGeometry& g);

}  // namespace fpanet::kernels::winograd
