#pragma once
// Convolution of bfloat16 on the CPU, for every geometry; contract in conv2d.hpp. It is the direct
// convolution of conv2d/direct.hpp on pairs of bfloat16 (gemm/pairs.hpp), with float sums that are
// rounded once.
//
//   forward, backward input   pairs are neighbouring channels. Where their number is odd (the image, the
//                             gradient of the 7 classes), the rows copied to scratch get one more, 0.
//   backward weight           pairs are pixels of two rows that one kernel tap reads: both factors are
//                             copied to scratch with such rows interleaved.
//
// Counted: vdpbf16ps is twice a float multiply-add, so the bound is twice that of conv2d_direct, where
// Winograd F(4x4) in float has a quarter of the products: past 128 channels, where its transforms cost
// little, it is the faster algorithm, but for the twice as many bytes that it reads and writes.

#include <cstddef>
#include <span>

#include "kernels/conv2d.hpp"

namespace fpanet::kernels::pairs {

void forward(const Cpu& cpu, const Conv2dGeometry& g, const bfloat16* x, const bfloat16* w,
             const Conv2dEpilogue<bfloat16>& epilogue, bfloat16* y, std::span<std::byte> workspace);
void backward_input(const Cpu& cpu, const Conv2dGeometry& g, const bfloat16* dy, const bfloat16* w,
                    bfloat16* dx, Write write, std::span<std::byte> workspace);
void backward_weight(const Cpu& cpu, const Conv2dGeometry& g, const bfloat16* x, const bfloat16* dy,
                     float* dw, Write write, std::span<std::byte> workspace);

/// w packed into panels of pairs, made once for many forward runs; elements of it.
Index prepared_numel(const Conv2dGeometry& g);
void prepare(const Cpu& cpu, const Conv2dGeometry& g, const bfloat16* w, bfloat16* packed);
void forward_prepared(const Cpu& cpu, const Conv2dGeometry& g, const bfloat16* x,
                      const bfloat16* packed, const Conv2dEpilogue<bfloat16>& epilogue, bfloat16* y,
                      std::span<std::byte> workspace);

std::size_t forward_prepared_workspace_bytes(const Cpu& cpu, const Conv2dGeometry& g);
std::size_t forward_workspace_bytes(const Cpu& cpu, const Conv2dGeometry& g);
std::size_t backward_input_workspace_bytes(const Cpu& cpu, const Conv2dGeometry& g);
std::size_t backward_weight_workspace_bytes(const Cpu& cpu, const Conv2dGeometry& g);

}  // namespace fpanet::kernels::pairs
