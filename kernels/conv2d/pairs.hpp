#pragma once
// Convolution of bfloat16 on the CPU, for every geometry; see conv2d.hpp for the contract. It is
// the direct convolution of conv2d/direct.hpp on pairs of bfloat16 (gemm/pairs.hpp). Sums are float
// and are rounded once.
//
//   forward, backward input   A pair is two neighbouring channels. If their number is odd (the
//                             input image, the gradient of the 7 classes), the rows copied to
//                             scratch get an additional channel of 0.
//   backward weight           A pair is two pixels of two rows that one kernel tap reads. Both
//                             factors are copied to scratch with such rows interleaved.
//
// vdpbf16ps does twice the multiply-adds of a float instruction, so the upper bound is twice the
// speed of direct convolution in float. Winograd F(4x4) in float has a quarter of the
// multiplications. With many channels, where its transforms cost little, it is the faster
// algorithm, although it reads and writes twice as many bytes
// (winograd::is_worthwhile_beside_pairs).

#include <cstddef>
#include <span>

#include "kernels/conv2d.hpp"

namespace fpanet::kernels::pairs {

/// True: pairs support every geometry.
inline bool fits(const Conv2dGeometry&) {
  return true;
}

void forward(const Cpu& cpu, const Conv2dGeometry& g, const bfloat16* x, const bfloat16* w,
             const Conv2dEpilogue<bfloat16>& epilogue, bfloat16* y, std::span<std::byte> workspace);
void backward_input(const Cpu& cpu, const Conv2dGeometry& g, const bfloat16* dy, const bfloat16* w,
                    bfloat16* dx, Write write, std::span<std::byte> workspace);
void backward_weight(const Cpu& cpu, const Conv2dGeometry& g, const bfloat16* x, const bfloat16* dy,
                     float* dw, Write write, std::span<std::byte> workspace);

/// Number of elements of the packed weights: w in panels of pairs, packed once for many forward
/// calls.
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
