#pragma once
// Mean and variance of channels (channel_statistics.hpp) from blocks of pixels, whose moments are
// combined in double. A convolution sums each block that it has written while the block is still in
// L1.
//
// A block is summed in groups of at most 16 pixels. With c near the mean of a group, the group's
// sums are
//
//   r = sum (x - c), q = sum (x - c)^2   in Real<T>.
//
// They are added in double to sums about f, the c of the block's first group. With e = c - f and n
// pixels,
//
//   sum (x - f) += r + n e,   sum (x - f)^2 += q + e (2 r + n e).
//
// For the first group, c is its own mean; for every other group, c is the mean of the previous
// group. That is close enough: group means a distance d apart add at least n d^2 / 2 to the sum of
// squared deviations. Rounding q therefore costs only a few units in the last place of the
// variance, however far x is from 0.
// Derivation: docs/derivations/batch_norm.md#statistics

#include <algorithm>

#include "kernels/base/scratch.hpp"
#include "kernels/channel_statistics_body.hpp"

namespace fpanet::kernels {

/// Sums of one block for the channels of a panel. R is Real<T>.
template <class R>
struct ChannelSums {
  static constexpr Index kMostChannels = 32;  // of a panel, on any ISA

  Index pixels = 0;
  R centre[kMostChannels];      ///< c of the next group
  double first[kMostChannels];  ///< f
  double sums[kMostChannels], squares[kMostChannels];
};

/// Moments of all blocks. Which block a pixel belongs to depends only on the shape.
struct BlockMoments {
  Index blocks = 0, channels = 0;
  double* pixels = nullptr;   ///< (blocks)
  double* means = nullptr;    ///< (blocks, channels)
  double* squares = nullptr;  ///< (blocks, channels): sum of (x - mean of the block)^2

  static std::size_t bytes(Index blocks, Index channels) {
    return scratch_bytes<double>(blocks) + 2 * scratch_bytes<double>(blocks * channels);
  }
  BlockMoments(Index block_count, Index channel_count, Scratch& scratch)
      : blocks(block_count),
        channels(channel_count),
        pixels(scratch.take<double>(blocks)),
        means(scratch.take<double>(blocks * channels)),
        squares(scratch.take<double>(blocks * channels)) {}

  /// Sets channels [begin, begin + count) of a block. Panels may be set in parallel.
  template <class R>
  void set(Index block, Index begin, Index count, const ChannelSums<R>& of) const {
    const auto n = static_cast<double>(of.pixels);
    if (begin == 0) pixels[block] = n;
    for (Index c = 0; c < count; ++c) {
      const body::ChunkMoments moments =
          body::shifted_moments(of.first[c], of.sums[c], of.squares[c], n);
      means[block * channels + begin + c] = moments.mean;
      squares[block * channels + begin + c] = std::max(0.0, moments.square);
    }
  }

  /// Writes (2,C): means, then variances.
  void combine(double* statistics) const {
    double all = 0;
    for (Index block = 0; block < blocks; ++block) all += pixels[block];
    for (Index c = 0; c < channels; ++c) {
      const body::Moments of = body::combine_moments(means + c, squares + c, blocks, channels, all,
                                                     [&](Index block) { return pixels[block]; });
      statistics[c] = of.mean;
      statistics[channels + c] = of.var;
    }
  }
};

}  // namespace fpanet::kernels
