#pragma once
// Work on the columns of a row-major matrix (the channels of an image) for the Cuda kernels: how
// the matrix is divided, sums per column over chunks of rows, and the totals of these sums.

#include "kernels/cuda/launch.cuh"
#include "kernels/cuda/vector.hpp"

namespace fpanet::kernels {

/// The position of a thread of a block: `count` columns from `column` on (0 for a surplus thread),
/// and rows first_row + lane, first_row + lane + lanes, ... below `end`.
struct ColumnPlace {
  int lane = 0, side = 0;
  Index column = 0;
  int count = 0;
  Index first_row = 0, end = 0;
};

/// The N columns at a place, as read() and store(); if kAligned, all N are there.
template <bool kAligned, int N, class T>
FPANET_HD inline Loaded<N, T> read_columns(const T* from, const ColumnPlace& at) {
  return read<N>(from, kAligned ? N : at.count, kAligned);
}
template <bool kAligned, class T, int N>
FPANET_HD inline void store_columns(T* to, const Values<Real<T>, N>& values, const ColumnPlace& at,
                                    Write write) {
  store(to, values, kAligned ? N : at.count, kAligned, write);
}

/// Divides a matrix into chunks of rows by tiles of columns, one block each. In a block, `across`
/// neighbouring threads share a row, each with a vector of columns (a tile is at most 128 bytes
/// wide, a cache line), and `lanes` rows are processed at a time. Adjacent blocks share rows. The
/// division depends only on the shape.
template <class T>
struct ColumnTiles {
  static constexpr int kThreads = 256;
  static constexpr int kWidth = kVector<T>;
  /// Maximum number of rows that a thread sums in float before the sum is added to a double.
  static constexpr Index kMostRows = 16;
  /// About four blocks for each multiprocessor of a large GPU. With more blocks a thread would have
  /// too few rows for the coefficients of its columns, which it loads once.
  static constexpr Index kWantedBlocks = 512;

  Index rows, columns;
  int across, lanes, rows_per_lane;
  Index tiles, chunks;

  /// Makes chunks of at most kMostRows rows per thread.
  ColumnTiles(Index row_count, Index column_count) : ColumnTiles(row_count, column_count, 0) {
    const Index balanced = rows * tiles / (lanes * kWantedBlocks);
    set_rows_per_lane(balanced < 1 ? 1 : (balanced < kMostRows ? balanced : kMostRows));
  }

  /// Makes one chunk of all rows.
  static ColumnTiles one_chunk(Index row_count, Index column_count) {
    ColumnTiles cut(row_count, column_count, 0);
    cut.set_rows_per_lane(divide_up(row_count, cut.lanes));
    return cut;
  }

  Index blocks() const { return tiles * chunks; }
  FPANET_HD int tile_columns() const { return across * kWidth; }

  FPANET_HD Index chunk_rows() const { return Index{lanes} * rows_per_lane; }
  FPANET_HD Index rows_in(Index chunk) const {
    const Index rest = rows - chunk * chunk_rows();
    return rest < chunk_rows() ? rest : chunk_rows();
  }

  FPANET_HD ColumnPlace place(Index block, int thread) const {
    const Index chunk = block / tiles, first = chunk * chunk_rows();
    const int lane = thread / across, side = thread % across;
    const Index column = (block % tiles * across + side) * kWidth;
    const Index rest = lane < lanes ? columns - column : 0;
    const int count = rest < 0 ? 0 : (rest < kWidth ? static_cast<int>(rest) : kWidth);
    return {lane, side, column, count, first, first + rows_in(chunk)};
  }

 private:
  ColumnTiles(Index row_count, Index column_count, int) : rows(row_count), columns(column_count) {
    constexpr Index kMostAcross = 8;
    const Index vectors = divide_up(columns, kWidth);
    across = static_cast<int>(vectors < kMostAcross ? vectors : kMostAcross);
    lanes = kThreads / across;
    tiles = divide_up(vectors, across);
  }

  void set_rows_per_lane(Index count) {
    rows_per_lane = static_cast<int>(count);
    chunks = divide_up(rows, chunk_rows());
  }
};

/// Number of rows that a thread loads before it computes any of them: Body::kRowsAtOnce, if
/// declared.
template <class Body>
constexpr int rows_at_once() {
  if constexpr (requires { Body::kRowsAtOnce; }) {
    return Body::kRowsAtOnce;
  } else {
    return 2;
  }
}

/// Calls f(row, loaded) for the rows of one thread, where `loaded` is what body.read(place, row)
/// returned, of type Body::Loaded. read() only loads: several rows are under way at once.
template <class Body, class F>
FPANET_HD inline void rows_ahead(const Body& body, const ColumnPlace& at, int lanes, const F& f) {
  constexpr int kRows = rows_at_once<Body>();
  Index row = at.first_row + at.lane;
  if constexpr (kRows > 1) {
    for (; row + (kRows - 1) * lanes < at.end; row += kRows * lanes) {
      typename Body::Loaded loaded[kRows];
      FPANET_UNROLL
      for (int k = 0; k < kRows; ++k) loaded[k] = body.read(at, row + k * lanes);
      FPANET_UNROLL
      for (int k = 0; k < kRows; ++k) f(row + k * lanes, loaded[k]);
    }
  }
  for (; row < at.end; row += lanes) f(row, body.read(at, row));
}

/// partial[chunk][k][column] = sum over a chunk's rows of term k of `terms`, which has
///   static constexpr int kSums
///   fixed(place)                    values that a thread needs of its columns, loaded once
///   add(fixed, place, row, sums)    adds the row's terms to Values sums[kSums]
/// or, with a type Loaded and read() as above, add(fixed, loaded, sums).
/// A thread sums its rows (at most kMostRows) in float; the block adds these sums in double.
template <class T, class Terms>
struct ColumnSumsKernel {
  using Tiles = ColumnTiles<T>;
  static constexpr int kThreads = Tiles::kThreads;
  static constexpr int kResident = resident_blocks<Terms>();
  static constexpr int kSums = Terms::kSums;
  static constexpr int kWidth = Tiles::kWidth;

  Tiles cut;
  Terms terms;
  double* partial;

  Index shared_bytes() const {
    return Index{cut.lanes} * cut.across * kWidth * kSums * static_cast<Index>(sizeof(Sum)) +
           reduce_scratch(kThreads) * static_cast<Index>(sizeof(double));
  }

  template <class Block>
  FPANET_HD void operator()(const Block& block) const {
    const int columns = cut.across * kWidth, width = kSums * columns;
    Sum* const in = block.template shared<Sum>();
    auto* const scratch = reinterpret_cast<double*>(in + cut.lanes * width);
    block.each([&](int thread) {
      const auto at = cut.place(block.index, thread);
      if (at.lane >= cut.lanes) return;
      Values<float, kWidth> sums[kSums];
      if (at.count > 0) {
        const auto fixed = terms.fixed(at);
        if constexpr (requires { typename Terms::Loaded; }) {
          rows_ahead(terms, at, cut.lanes,
                     [&](Index, const auto& loaded) { terms.add(fixed, loaded, sums); });
        } else {
          FPANET_UNROLL_4
          for (Index row = at.first_row + at.lane; row < at.end; row += cut.lanes) {
            terms.add(fixed, at, row, sums);
          }
        }
      }
      FPANET_UNROLL
      for (int k = 0; k < kSums; ++k) {
        Sum* const to = in + at.lane * width + k * columns + at.side * kWidth;
        FPANET_UNROLL
        for (int i = 0; i < kWidth; ++i) to[i] = sums[k].at[i];
      }
    });
    const Index chunk = block.index / cut.tiles;
    const Index first = block.index % cut.tiles * columns;
    reduce_lanes<double>(block, in, cut.lanes, width, scratch, Plus{}, [&](int o, double total) {
      const Index column = first + o % columns;
      if (column < cut.columns) {
        partial[(chunk * kSums + o / columns) * cut.columns + column] = total;
      }
    });
  }

 private:
  using Sum = float;
};

/// Completes these sums: calls finish(column, totals[K]) once per column with the sums over all
/// chunks.
template <int K, class Finish>
struct ChunkTotalsKernel {
  static constexpr int kThreads = 256;
  static constexpr int kColumns = 4;  // per block: one sector of 32 bytes
  static constexpr int kLanes = kThreads / kColumns;

  const double* partial;
  Index chunks, columns;
  Finish finish;

  Index blocks() const { return divide_up(columns, kColumns); }
  static constexpr Index shared_bytes() {
    return (kThreads * K + reduce_scratch(kThreads) + kColumns * K) *
           static_cast<Index>(sizeof(double));
  }

  template <class Block>
  FPANET_HD void operator()(const Block& block) const {
    constexpr int kTotals = kColumns * K;
    auto* const in = block.template shared<double>();
    double* const scratch = in + kThreads * K;
    double* const totals = scratch + reduce_scratch(kThreads);
    block.each([&](int thread) {
      const int lane = thread / kColumns, side = thread % kColumns;
      const Index column = block.index * kColumns + side;
      double sums[K] = {};
      if (column < columns) {
        FPANET_UNROLL_4
        for (Index chunk = lane; chunk < chunks; chunk += kLanes) {
          FPANET_UNROLL
          for (int k = 0; k < K; ++k) sums[k] += partial[(chunk * K + k) * columns + column];
        }
      }
      FPANET_UNROLL
      for (int k = 0; k < K; ++k) in[(lane * K + k) * kColumns + side] = sums[k];
    });
    reduce_lanes<double>(block, in, kLanes, kTotals, scratch, Plus{},
                         [&](int o, double total) { totals[o] = total; });
    block.each([&](int thread) {
      const Index column = block.index * kColumns + thread;
      if (thread >= kColumns || column >= columns) return;
      double sums[K];
      for (int k = 0; k < K; ++k) sums[k] = totals[k * kColumns + thread];
      finish(column, sums);
    });
  }
};

/// Runs both kernels: finish(column, sums over all rows). `partial` has chunks * kSums * columns
/// elements. Memory traffic: the inputs of the terms, once; the partial sums are thousands of times
/// smaller.
template <class T, class Terms, class Finish>
void column_totals(const CudaGrid& grid, const char* name, const ColumnTiles<T>& cut,
                   const Terms& terms, double* partial, const Finish& finish) {
  const ColumnSumsKernel<T, Terms> sums{cut, terms, partial};
  grid.run(name, cut.blocks(), sums.shared_bytes(), sums);
  const ChunkTotalsKernel<Terms::kSums, Finish> totals{partial, cut.chunks, cut.columns, finish};
  grid.run(name, totals.blocks(), totals.shared_bytes(), totals);
}

/// Calls body.map(fixed, place, row), or body.map(fixed, place, row, loaded) with a type Loaded and
/// read() as above, for the rows of one thread.
template <class Body, class Fixed>
FPANET_HD inline void map_rows(const Body& body, const Fixed& fixed, const ColumnPlace& at,
                               int lanes) {
  if constexpr (requires { typename Body::Loaded; }) {
    rows_ahead(body, at, lanes,
               [&](Index row, const auto& loaded) { body.map(fixed, at, row, loaded); });
  } else {
    for (Index row = at.first_row + at.lane; row < at.end; row += lanes) body.map(fixed, at, row);
  }
}

/// Calls body.map as above for all vectors of a matrix that is divided in the same way; `fixed` as
/// above.
template <class T, class Body>
struct ColumnMapKernel {
  using Tiles = ColumnTiles<T>;
  static constexpr int kThreads = Tiles::kThreads;
  static constexpr int kResident = resident_blocks<Body>();

  Tiles cut;
  Body body;

  template <class Block>
  FPANET_HD void operator()(const Block& block) const {
    block.each_freely([&](int thread) {
      const auto at = cut.place(block.index, thread);
      if (at.count > 0) map_rows(body, body.fixed(at), at, cut.lanes);
    });
  }
};

template <class T, class Body>
void column_map(const CudaGrid& grid, const char* name, const ColumnTiles<T>& cut,
                const Body& body) {
  grid.run(name, cut.blocks(), 0, ColumnMapKernel<T, Body>{cut, body});
}

}  // namespace fpanet::kernels
