// Memory traffic: x is read once.

#include "kernels/channel_statistics.hpp"

#include "kernels/base/scratch.hpp"
#include "kernels/cuda/columns.hpp"
#include "kernels/cuda/launch.cuh"

namespace fpanet::kernels {
namespace {

/// Sums of x - shift and of its square, where shift is the first x of the chunk.
template <class T, bool kAligned>
struct StatisticsTerms {
  static constexpr int kSums = 2, kWidth = kVector<T>;
  static constexpr int kResident = kAligned ? 4 : 2, kRowsAtOnce = 4;
  using V = Values<float, kWidth>;
  using Loaded = kernels::Loaded<kWidth, T>;

  const T* x;
  Index channels;

  FPANET_HD Loaded read(const ColumnPlace& at, Index row) const {
    return read_columns<kAligned, kWidth>(x + row * channels + at.column, at);
  }
  FPANET_HD V fixed(const ColumnPlace& at) const { return read(at, at.first_row).values(); }
  FPANET_HD void add(const V& shift, const Loaded& loaded, V* sums) const {
    const V values = loaded.values();
    FPANET_UNROLL
    for (int i = 0; i < kWidth; ++i) {
      const float apart = values.at[i] - shift.at[i];
      sums[0].at[i] += apart;
      sums[1].at[i] += apart * apart;
    }
  }
};

/// Computes the mean and variance of each channel from the sums of the chunks, which are moved to a
/// common shift, the first x of the channel:
///   sum (x - first) = sum (x - shift) + n d,  with d = shift - first
///   sum (x - first)^2 = sum (x - shift)^2 + 2 d sum (x - shift) + n d^2
/// A block has four channels, and its threads divide the chunks among them.
template <class T>
struct StatisticsKernel {
  static constexpr int kThreads = 256;
  static constexpr int kColumns = 4;
  static constexpr int kLanes = kThreads / kColumns;
  static constexpr int kTotals = 2 * kColumns;

  ColumnTiles<T> cut;
  const T* x;
  const double* partial;
  double* statistics;

  Index blocks() const { return divide_up(cut.columns, kColumns); }
  static constexpr Index shared_bytes() {
    return (kThreads * 2 + reduce_scratch(kThreads) + kTotals) * static_cast<Index>(sizeof(double));
  }

  FPANET_HD double first_of(Index chunk, Index c) const {
    return static_cast<double>(static_cast<float>(x[chunk * cut.chunk_rows() * cut.columns + c]));
  }

  template <class Block>
  FPANET_HD void operator()(const Block& block) const {
    auto* const in = block.template shared<double>();
    double* const scratch = in + kThreads * 2;
    double* const totals = scratch + reduce_scratch(kThreads);
    block.each([&](int thread) {
      const int lane = thread / kColumns, side = thread % kColumns;
      const Index c = block.index * kColumns + side;
      double sum = 0, square = 0;
      if (c < cut.columns) {
        const double first = first_of(0, c);
        FPANET_UNROLL_4
        for (Index chunk = lane; chunk < cut.chunks; chunk += kLanes) {
          const double d = first_of(chunk, c) - first;
          const auto n = static_cast<double>(cut.rows_in(chunk));
          const double* const sums = partial + chunk * 2 * cut.columns + c;
          sum += sums[0] + n * d;
          square += sums[cut.columns] + d * (2 * sums[0] + n * d);
        }
      }
      in[lane * kTotals + side] = sum;
      in[lane * kTotals + kColumns + side] = square;
    });
    reduce_lanes<double>(block, in, kLanes, kTotals, scratch, Plus{},
                         [&](int o, double total) { totals[o] = total; });
    block.each_freely([&](int thread) {
      const Index c = block.index * kColumns + thread;
      if (thread >= kColumns || c >= cut.columns) return;
      const auto pixels = static_cast<double>(cut.rows);
      const double apart = totals[thread] / pixels;  // of the mean from the first x
      const double var = totals[kColumns + thread] / pixels - apart * apart;
      statistics[c] = first_of(0, c) + apart;
      statistics[cut.columns + c] = var < 0 ? 0 : var;
    });
  }
};

}  // namespace

template <class T>
std::size_t channel_statistics_workspace_bytes(const Cuda&, Index pixels, Index channels) {
  const ColumnTiles<T> cut(pixels, channels);
  return scratch_bytes<double>(cut.chunks * 2 * channels) + kScratchAlignment;
}

template <class T>
void channel_statistics(const Cuda& cuda, View<const T> x, double* statistics,
                        std::span<std::byte> workspace) {
  const CudaGrid grid(cuda);
  const ColumnTiles<T> cut(x.pixels(), x.c);
  auto* const partial = Scratch(workspace).take<double>(cut.chunks * 2 * x.c);
  with_constant(images_fit<T>(x.c, x.data), [&](auto aligned) {
    using Terms = StatisticsTerms<T, aligned()>;
    const ColumnSumsKernel<T, Terms> sums{cut, Terms{x.data, x.c}, partial};
    grid.run("channel_statistics", cut.blocks(), sums.shared_bytes(), sums);
  });
  const StatisticsKernel<T> combine{cut, x.data, partial, statistics};
  grid.run("channel_statistics", combine.blocks(), combine.shared_bytes(), combine);
}

#define FPANET_INSTANTIATE(T)                                                                  \
  template void channel_statistics(const Cuda&, View<const T>, double*, std::span<std::byte>); \
  template std::size_t channel_statistics_workspace_bytes<T>(const Cuda&, Index, Index)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
