// Memory traffic: x is read once.

#include "kernels/channel_statistics.hpp"

#include "kernels/base/scratch.hpp"
#include "kernels/channel_statistics_body.hpp"
#include "kernels/cuda/columns.hpp"
#include "kernels/cuda/launch.cuh"

namespace fpanet::kernels {
namespace {

/// Sums of x - shift and of its square, where shift is the first x of the chunk.
template <class T>
struct StatisticsTerms {
  static constexpr int kSums = 2, kWidth = kVector<T>;
  using V = Values<float, kWidth>;

  const T* x;
  Index channels;
  bool aligned;

  FPANET_HD V row_of(const ColumnPlace& at, Index row) const {
    return load<kWidth>(x + row * channels + at.column, at.count, aligned);
  }
  FPANET_HD V fixed(const ColumnPlace& at) const { return row_of(at, at.first_row); }
  FPANET_HD void add(const V& shift, const ColumnPlace& at, Index row, V* sums) const {
    const V values = row_of(at, row);
    FPANET_UNROLL
    for (int i = 0; i < kWidth; ++i) {
      const float apart = values.at[i] - shift.at[i];
      sums[0].at[i] += apart;
      sums[1].at[i] += apart * apart;
    }
  }
};

/// Computes the mean and variance of each channel from the sums of the chunks. A block has four
/// channels, and its threads divide the chunks among them.
template <class T>
struct StatisticsKernel {
  static constexpr int kThreads = 256;
  static constexpr int kColumns = 4;
  static constexpr int kLanes = kThreads / kColumns;

  ColumnTiles<T> cut;
  const T* x;
  const double* partial;
  double* statistics;

  Index blocks() const { return divide_up(cut.columns, kColumns); }
  static constexpr Index shared_bytes() {
    return (kThreads + reduce_scratch(kThreads) + 2 * kColumns) *
           static_cast<Index>(sizeof(double));
  }

  FPANET_HD body::ChunkMoments chunk_moments(Index chunk, Index c) const {
    const double* const sums = partial + chunk * 2 * cut.columns + c;
    const auto shift = static_cast<float>(x[chunk * cut.chunk_rows() * cut.columns + c]);
    return body::shifted_moments(shift, sums[0], sums[cut.columns],
                                 static_cast<double>(cut.rows_in(chunk)));
  }

  /// totals[side] = sum over all chunks of term(chunk, channel).
  template <class Block, class Term>
  FPANET_HD void sum_over_chunks(const Block& block, double* totals, const Term& term) const {
    auto* const in = block.template shared<double>();
    block.each([&](int thread) {
      const Index c = block.index * kColumns + thread % kColumns;
      double sum = 0;
      if (c < cut.columns) {
        FPANET_UNROLL_4
        for (Index chunk = thread / kColumns; chunk < cut.chunks; chunk += kLanes) {
          sum += term(chunk, c);
        }
      }
      in[thread] = sum;
    });
    reduce_lanes<double>(block, in, kLanes, kColumns, in + kThreads, Plus{},
                         [&](int side, double total) { totals[side] = total; });
  }

  template <class Block>
  FPANET_HD void operator()(const Block& block) const {
    double* const means = block.template shared<double>() + kThreads + reduce_scratch(kThreads);
    double* const squares = means + kColumns;
    const auto pixels = static_cast<double>(cut.rows);
    sum_over_chunks(block, means, [&](Index chunk, Index c) {
      return static_cast<double>(cut.rows_in(chunk)) * chunk_moments(chunk, c).mean;
    });
    sum_over_chunks(block, squares, [&](Index chunk, Index c) {
      const body::ChunkMoments part = chunk_moments(chunk, c);
      const double apart = part.mean - means[c % kColumns] / pixels;
      return part.square + static_cast<double>(cut.rows_in(chunk)) * apart * apart;
    });
    block.each_freely([&](int thread) {
      const Index c = block.index * kColumns + thread;
      if (thread >= kColumns || c >= cut.columns) return;
      statistics[c] = means[thread] / pixels;
      statistics[cut.columns + c] = squares[thread] / pixels;
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
  const StatisticsTerms<T> terms{x.data, x.c, images_fit<T>(x.c, x.data)};
  const ColumnSumsKernel<T, StatisticsTerms<T>> sums{cut, terms, partial};
  grid.run("channel_statistics", cut.blocks(), sums.shared_bytes(), sums);
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
