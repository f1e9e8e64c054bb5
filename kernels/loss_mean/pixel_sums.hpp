#pragma once
// Losses that are a sum over pixels, on the CPU: the chunks of pixels, and the sums over them.

#include <algorithm>

#include "engine/core/parallel.hpp"
#include "kernels/base/scratch.hpp"

namespace fpanet::kernels {

inline Index loss_chunk_pixels(Index channels) {
  return std::max<Index>(1, kElementwiseChunk / channels);
}

/// Bytes of workspace that sum_pixels() needs for `count` sums.
inline std::size_t pixel_sums_bytes(Index pixels, Index channels, Index count) {
  const Index chunks = std::max<Index>(1, divide_up(pixels, loss_chunk_pixels(channels)));
  return scratch_bytes<double>(chunks * count) + kScratchAlignment;
}

/// sums[k] = sum over all pixels of what terms.add(pixel, sums) adds to the k-th sum.
template <class Terms>
void sum_pixels(const Cpu& cpu, Index pixels, Index channels, const Terms& terms, double* sums,
                std::span<std::byte> workspace) {
  constexpr int kSums = Terms::kSums;
  const Index chunk_size = loss_chunk_pixels(channels), chunks = divide_up(pixels, chunk_size);
  double* const partial = Scratch(workspace).take<double>(std::max<Index>(1, chunks) * kSums);
  parallel_chunks(cpu, pixels, chunk_size, [&](Index begin, Index end, Index chunk) {
    double chunk_sums[kSums] = {};
    for (Index pixel = begin; pixel < end; ++pixel) terms.add(pixel, chunk_sums);
    std::copy_n(chunk_sums, kSums, partial + chunk * kSums);
  });
  std::fill_n(sums, kSums, 0.0);
  for (Index chunk = 0; chunk < chunks; ++chunk) {
    for (int k = 0; k < kSums; ++k) sums[k] += partial[chunk * kSums + k];
  }
}

/// gradient.map(pixel) for all pixels.
template <class Gradient>
void map_pixels(const Cpu& cpu, Index pixels, Index channels, const Gradient& gradient) {
  parallel_chunks(cpu, pixels, loss_chunk_pixels(channels), [&](Index begin, Index end, Index) {
    for (Index pixel = begin; pixel < end; ++pixel) gradient.map(pixel);
  });
}

}  // namespace fpanet::kernels
