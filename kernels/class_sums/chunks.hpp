#pragma once
// The part of class_sums.hpp and softmax_class_sums.hpp on the CPU that does not depend on how the
// probabilities are computed: sums over fixed chunks of pixels.

#include <algorithm>

#include "engine/core/parallel.hpp"
#include "kernels/base/scratch.hpp"

namespace fpanet::kernels {

inline Index class_sums_chunk_pixels(Index channels) {
  return std::max<Index>(1, kElementwiseChunk / channels);
}

/// Bytes of workspace for class_sums_by_chunks.
inline std::size_t class_sums_chunks_bytes(Index pixels, Index channels) {
  const Index chunks = std::max<Index>(1, divide_up(pixels, class_sums_chunk_pixels(channels)));
  return scratch_bytes<double>(chunks * 3 * channels) + kScratchAlignment;
}

/// Computes sums (3,C) from the sums that add_up(begin, end, sums) writes for the pixels of each
/// chunk.
template <class F>
void class_sums_by_chunks(const Cpu& cpu, Index pixels, Index channels, double* sums,
                          std::span<std::byte> workspace, const F& add_up) {
  const Index chunk_size = class_sums_chunk_pixels(channels);
  const Index chunks = divide_up(pixels, chunk_size);
  double* const partial = Scratch(workspace).take<double>(chunks * 3 * channels);
  parallel_chunks(cpu, pixels, chunk_size, [&](Index begin, Index end, Index chunk) {
    add_up(begin, end, partial + chunk * 3 * channels);
  });
  for (Index i = 0; i < 3 * channels; ++i) {
    sums[i] = 0;
    for (Index chunk = 0; chunk < chunks; ++chunk) sums[i] += partial[chunk * 3 * channels + i];
  }
}

}  // namespace fpanet::kernels
