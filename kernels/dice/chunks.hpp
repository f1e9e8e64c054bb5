#pragma once
// The part of Dice on the CPU that does not depend on how the probabilities are computed: sums over
// fixed chunks of pixels, and the loss from these sums (dice.hpp).

#include <algorithm>

#include "engine/core/parallel.hpp"
#include "kernels/base/scratch.hpp"
#include "kernels/dice_body.hpp"

namespace fpanet::kernels {

inline Index dice_chunk_pixels(Index channels) {
  return std::max<Index>(1, kElementwiseChunk / channels);
}

/// Bytes of workspace for dice_by_chunks, and at least enough for (C) DiceSlopes.
inline std::size_t dice_chunks_bytes(Index pixels, Index channels) {
  const Index chunks = std::max<Index>(1, divide_up(pixels, dice_chunk_pixels(channels)));
  return scratch_bytes<double>(chunks * 3 * channels) + kScratchAlignment;
}

/// Computes sums (3,C) from the sums that add_up(begin, end, sums) writes for the pixels of each
/// chunk, and returns the loss.
template <class F>
double dice_by_chunks(const Cpu& cpu, Index pixels, Index channels, const DiceOptions& options,
                      double* sums, std::span<std::byte> workspace, const F& add_up) {
  const Index chunk_size = dice_chunk_pixels(channels), chunks = divide_up(pixels, chunk_size);
  double* const partial = Scratch(workspace).take<double>(chunks * 3 * channels);
  parallel_chunks(cpu, pixels, chunk_size, [&](Index begin, Index end, Index chunk) {
    add_up(begin, end, partial + chunk * 3 * channels);
  });
  for (Index i = 0; i < 3 * channels; ++i) {
    sums[i] = 0;
    for (Index chunk = 0; chunk < chunks; ++chunk) sums[i] += partial[chunk * 3 * channels + i];
  }
  double loss = 0;
  for (Index c = 0; c < channels; ++c) {
    loss += options.weights[static_cast<std::size_t>(c)] *
            body::dice_class(sums, channels, c).loss(options.log_loss, options.smooth, options.eps);
  }
  return loss;
}

}  // namespace fpanet::kernels
