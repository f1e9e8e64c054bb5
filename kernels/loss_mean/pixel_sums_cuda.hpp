#pragma once
// Losses that are a sum over pixels, for the Cuda halves: each thread takes pixels, one at a time.

#include "kernels/base/scratch.hpp"
#include "kernels/cuda/launch.cuh"

namespace fpanet::kernels {

/// How pixels are divided among blocks; depends on their number only.
struct PixelCut {
  static constexpr int kThreads = 256;
  /// Maximum number of pixels that a thread adds up in float before a double takes over.
  static constexpr Index kMostPixels = 16;
  static constexpr Index kWantedBlocks = 1024;

  Index pixels, per_thread;

  explicit PixelCut(Index count) : pixels(count) {
    const Index balanced = count / (kThreads * kWantedBlocks);
    per_thread = balanced < 1 ? 1 : (balanced < kMostPixels ? balanced : kMostPixels);
  }

  FPANET_HD Index chunk() const { return kThreads * per_thread; }
  Index blocks() const { return divide_up(pixels, chunk()); }

  /// f(pixel) for the pixels of one thread.
  template <class F>
  FPANET_HD void each(Index block, int thread, const F& f) const {
    const Index begin = block * chunk();
    const Index end = begin + chunk() < pixels ? begin + chunk() : pixels;
    for (Index pixel = begin + thread; pixel < end; pixel += kThreads) f(pixel);
  }
};

template <int K>
struct PixelTotals {
  double at[K];

  FPANET_HD PixelTotals operator+(const PixelTotals& other) const {
    PixelTotals total;
    for (int k = 0; k < K; ++k) total.at[k] = at[k] + other.at[k];
    return total;
  }
};

/// partial[block] = sums of the block's terms.
template <class Terms>
struct PixelSumsKernel {
  static constexpr int kThreads = PixelCut::kThreads;
  static constexpr int kSums = Terms::kSums;
  using Totals = PixelTotals<kSums>;
  static constexpr Index kSharedBytes = kThreads * static_cast<Index>(sizeof(Totals));

  PixelCut cut;
  Terms terms;
  Totals* partial;

  template <class Block>
  FPANET_HD void operator()(const Block& block) const {
    auto* const in = block.template shared<Totals>();
    block.each([&](int thread) {
      float sums[kSums] = {};
      cut.each(block.index, thread, [&](Index pixel) { terms.add(pixel, sums); });
      for (int k = 0; k < kSums; ++k) in[thread].at[k] = static_cast<double>(sums[k]);
    });
    reduce_block(block, in, Plus());
    block.each_freely([&](int thread) {
      if (thread == 0) partial[block.index] = in[0];
    });
  }
};

/// sums = the partial sums of all blocks. One block.
template <int K>
struct PixelTotalsKernel {
  static constexpr int kThreads = 256;
  using Totals = PixelTotals<K>;
  static constexpr Index kSharedBytes = kThreads * static_cast<Index>(sizeof(Totals));

  const Totals* partial;
  Index count;
  double* sums;

  template <class Block>
  FPANET_HD void operator()(const Block& block) const {
    auto* const in = block.template shared<Totals>();
    block.each([&](int thread) {
      Totals total{};
      for (Index i = thread; i < count; i += kThreads) total = total + partial[i];
      in[thread] = total;
    });
    reduce_block(block, in, Plus());
    block.each_freely([&](int thread) {
      if (thread < K) sums[thread] = in[0].at[thread];
    });
  }
};

/// Bytes of workspace that sum_pixels() needs for K sums.
template <int K>
std::size_t pixel_sums_bytes(Index pixels) {
  return scratch_bytes<PixelTotals<K>>(PixelCut(pixels).blocks()) + kScratchAlignment;
}

/// sums[k] = sum over all pixels of what terms.add(pixel, sums) adds to the k-th sum.
template <class Terms>
void sum_pixels(const CudaGrid& grid, const char* name, Index pixels, const Terms& terms,
                double* sums, std::span<std::byte> workspace) {
  constexpr int kSums = Terms::kSums;
  using Sums = PixelSumsKernel<Terms>;
  using Total = PixelTotalsKernel<kSums>;
  const PixelCut cut(pixels);
  auto* const partial = Scratch(workspace).take<PixelTotals<kSums>>(cut.blocks());
  grid.run(name, cut.blocks(), Sums::kSharedBytes, Sums{cut, terms, partial});
  grid.run(name, 1, Total::kSharedBytes, Total{partial, cut.blocks(), sums});
}

template <class Gradient>
struct PixelMapKernel {
  static constexpr int kThreads = PixelCut::kThreads;

  Index pixels;
  Gradient gradient;

  template <class Block>
  FPANET_HD void operator()(const Block& block) const {
    grid_stride(block, pixels, [&](Index pixel) { gradient.map(pixel); });
  }
};

/// gradient.map(pixel) for all pixels.
template <class Gradient>
void map_pixels(const CudaGrid& grid, const char* name, Index pixels, const Gradient& gradient) {
  using Kernel = PixelMapKernel<Gradient>;
  grid.run(name, stride_blocks(pixels, Kernel::kThreads), 0, Kernel{pixels, gradient});
}

}  // namespace fpanet::kernels
