#pragma once
// The kernel launches of high_pass.hpp on GPUs, for any source of an image: a tensor (high_pass.cu)
// or scenes stored as bytes on the GPU (assemble_batch.cu). An image row is a line of W*C elements
// e:
//
//   spectrum[i][j] = sum_w A_W[j][w] sum_h A_H[i][h] x[h][w]      i + j <= R <= 10, for each channel
//   y[h][e] = x[h][e] - sum_i A_H[i][h] sum_j spectrum[i][j] A_W[j][w]
//
// Nothing can be subtracted before the sums over the whole image are known, and the blocks that
// share an image can only synchronise between launches. Therefore one launch sums and another
// subtracts, and both read x. A small launch before them computes the bases. Sums over the rows of
// a chunk are float. Everything else is double, with fused multiply-adds.
//
// A thread keeps 11 frequencies i in registers. With a radius below 10, the spectrum is zero above the
// radius. A larger radius is computed by high_pass/wide_cuda.hpp.

#include <cmath>

#include "kernels/base/scratch.hpp"
#include "kernels/cuda/block.hpp"
#include "kernels/dct_basis.hpp"
#include "kernels/high_pass.hpp"

namespace fpanet::kernels {

/// Sizes, and the memory that carries results between the launches. Each block has one tile of an
/// image: a chunk of its rows and a span of the elements of each row.
struct HighPassPlan {
  static constexpr int kK = static_cast<int>(kLowFrequencies);
  static constexpr int kFrequencies = kK * (kK + 1) / 2;  // i + j <= 10
  static constexpr int kThreads = 256;
  static constexpr int kColumns = 2;  // elements of each row that one thread processes
  static constexpr int kSpan = kThreads * kColumns;
  /// Gives 256 blocks at batch 16 and 320x320: two for each multiprocessor of an H100.
  static constexpr int kChunkRows = 40;

  Index n, c, h, w, radius;
  double* basis_h = nullptr;  // [h][k]
  double* basis_w = nullptr;  // [w][k]
  double* parts = nullptr;    // [image][tile][channel][frequency]

  FPANET_HD Index row() const { return w * c; }
  FPANET_HD Index chunks() const { return divide_up(h, kChunkRows); }
  FPANET_HD Index spans() const { return divide_up(row(), kSpan); }
  FPANET_HD Index tiles() const { return chunks() * spans(); }
  Index blocks() const { return n * tiles(); }

  std::size_t bytes() const {
    return scratch_bytes<double>(h * kK) + scratch_bytes<double>(w * kK) +
           scratch_bytes<double>(blocks() * c * kFrequencies) + kScratchAlignment;
  }
  void take(std::span<std::byte> workspace) {
    Scratch scratch(workspace);
    basis_h = scratch.take<double>(h * kK);
    basis_w = scratch.take<double>(w * kK);
    parts = scratch.take<double>(blocks() * c * kFrequencies);
  }
};

/// The part of an image that a block processes: rows [first_row, end_row), elements [first, end) of
/// each.
struct HighPassTile {
  Index image, first_row, end_row, first, end;

  FPANET_HD HighPassTile(const HighPassPlan& plan, Index block) {
    const Index tile = block % plan.tiles(), chunk = tile / plan.spans();
    const Index span = tile % plan.spans(), width = divide_up(plan.row(), plan.spans());
    image = block / plan.tiles();
    first_row = chunk * plan.kChunkRows;
    end_row = first_row + plan.kChunkRows < plan.h ? first_row + plan.kChunkRows : plan.h;
    first = span * width;
    end = first + width < plan.row() ? first + width : plan.row();
  }
  FPANET_HD int rows() const { return static_cast<int>(end_row - first_row); }
};

/// A Source that reads a tensor. Source::column() returns element e of all rows of an image, from
/// top to bottom. Every Source also has
///   kSharedFloats                   number of shared floats per block that columns read
///   prepare(block, image, shared)   fills these floats
///   kSharedFloats     of a block, that columns read
///   prepare(block, image, shared)   fills them
template <class T>
struct TensorSource {
  static constexpr int kSharedFloats = 0;

  struct Column {
    const T* top;
    Index row;

    FPANET_HD float at(Index y) const { return static_cast<float>(top[y * row]); }
  };

  const T* x;
  Index h, row;

  template <class Block>
  FPANET_HD void prepare(const Block&, Index, float*) const {}
  FPANET_HD Column column(Index image, Index e, const float*) const {
    return {x + image * h * row + e, row};
  }
};

struct HighPassBasisKernel {
  static constexpr int kThreads = 128;

  HighPassPlan plan;

  template <class Block>
  FPANET_HD void operator()(const Block& block) const {
    grid_stride(block, (plan.h + plan.w) * plan.kK, [&](Index i) {
      const Index k = i % plan.kK, line = i / plan.kK;
      if (line < plan.h) {
        plan.basis_h[i] = orthonormal_cosine(k, line, plan.h);
      } else {
        plan.basis_w[i - plan.h * plan.kK] = orthonormal_cosine(k, line - plan.h, plan.w);
      }
    });
  }
};

/// Computes a tile's contribution to the spectrum.
template <class Source>
struct HighPassSumKernel {
  static constexpr int kThreads = HighPassPlan::kThreads;
  static constexpr int kK = HighPassPlan::kK, kColumns = HighPassPlan::kColumns;
  static constexpr int kSpan = HighPassPlan::kSpan;

  HighPassPlan plan;
  Source source;

  static constexpr Index shared_bytes() {
    return kK * kSpan * Index{sizeof(double)} +
           (HighPassPlan::kChunkRows * kK + Source::kSharedFloats) * Index{sizeof(float)};
  }

  template <class Block>
  FPANET_HD void operator()(const Block& block) const {
    const HighPassTile tile(plan, block.index);
    auto* const sums = block.template shared<double>();               // [k][e]
    auto* const basis = reinterpret_cast<float*>(sums + kK * kSpan);  // [row][k]
    float* const of_source = basis + plan.kChunkRows * kK;
    source.prepare(block, tile.image, of_source);
    block.each([&](int thread) {
      for (int i = thread; i < tile.rows() * kK; i += kThreads) {
        basis[i] = static_cast<float>(plan.basis_h[tile.first_row * kK + i]);
      }
    });
    block.each([&](int thread) { sum_rows(tile, thread, basis, of_source, sums); });
    block.each_freely([&](int thread) {
      const Index outputs = plan.c * plan.kFrequencies;
      for (Index o = thread; o < outputs; o += kThreads) {
        plan.parts[block.index * outputs + o] = sum_columns(tile, o, sums);
      }
    });
  }

  /// sums[k][e] = sum_h A_H[k][h] x[h][e] for the elements of one thread.
  FPANET_HD void sum_rows(const HighPassTile& tile, int thread, const float* basis,
                          const float* of_source, double* sums) const {
    float totals[kColumns][kK] = {};
    typename Source::Column columns[kColumns];
    bool inside[kColumns];
    FPANET_UNROLL
    for (int i = 0; i < kColumns; ++i) {
      const Index e = tile.first + thread + i * kThreads;
      inside[i] = e < tile.end;
      columns[i] = source.column(tile.image, inside[i] ? e : tile.first, of_source);
    }
    FPANET_UNROLL_4
    for (int y = 0; y < tile.rows(); ++y) {
      float values[kColumns];
      FPANET_UNROLL
      for (int i = 0; i < kColumns; ++i) values[i] = columns[i].at(tile.first_row + y);
      FPANET_UNROLL
      for (int k = 0; k < kK; ++k) {
        FPANET_UNROLL
        for (int i = 0; i < kColumns; ++i) {
          totals[i][k] = std::fma(basis[y * kK + k], values[i], totals[i][k]);
        }
      }
    }
    FPANET_UNROLL
    for (int i = 0; i < kColumns; ++i) {
      if (!inside[i]) continue;
      FPANET_UNROLL
      for (int k = 0; k < kK; ++k) {
        sums[k * kSpan + thread + i * kThreads] = static_cast<double>(totals[i][k]);
      }
    }
  }

  /// Returns sum_w A_W[j][w] sums[i][w] over the pixels of a tile, for output o = (channel,
  /// frequency (i,j)).
  FPANET_HD double sum_columns(const HighPassTile& tile, Index o, const double* sums) const {
    const Index channel = o / plan.kFrequencies;
    int i = 0, j = static_cast<int>(o % plan.kFrequencies);
    for (; j >= kK - i; ++i) j -= kK - i;
    if (i + j > plan.radius) return 0;
    // A span may begin at any channel of a pixel.
    const Index before = tile.first - channel;
    const Index first_pixel = before > 0 ? divide_up(before, plan.c) : 0;
    double total = 0;
    FPANET_UNROLL_4
    for (Index w = first_pixel; w * plan.c + channel < tile.end; ++w) {
      const Index e = w * plan.c + channel - tile.first;
      total = std::fma(plan.basis_w[w * kK + j], sums[i * kSpan + e], total);
    }
    return total;
  }
};

/// y (=|+=) x minus its low frequencies, for one tile.
template <class Source, class T>
struct HighPassSubtractKernel {
  static constexpr int kThreads = HighPassPlan::kThreads;
  static constexpr int kK = HighPassPlan::kK, kColumns = HighPassPlan::kColumns;
  static constexpr int kFrequencies = HighPassPlan::kFrequencies;
  static constexpr int kMostChannels = 8;  // processed at a time

  HighPassPlan plan;
  Source source;
  T* y;
  Write write;

  static constexpr Index shared_bytes() {
    return (kMostChannels * kFrequencies + HighPassPlan::kChunkRows * kK) * Index{sizeof(double)} +
           Source::kSharedFloats * Index{sizeof(float)};
  }

  template <class Block>
  FPANET_HD void operator()(const Block& block) const {
    const HighPassTile tile(plan, block.index);
    auto* const basis = block.template shared<double>();    // [row][k]
    double* const spectrum = basis + plan.kChunkRows * kK;  // [channel][frequency]
    auto* const of_source = reinterpret_cast<float*>(spectrum + kMostChannels * kFrequencies);
    source.prepare(block, tile.image, of_source);
    block.each([&](int thread) {
      for (int i = thread; i < tile.rows() * kK; i += kThreads) {
        basis[i] = plan.basis_h[tile.first_row * kK + i];
      }
    });
    for (Index first = 0; first < plan.c; first += kMostChannels) {
      const Index channels = plan.c - first < kMostChannels ? plan.c - first : kMostChannels;
      block.each([&](int thread) {
        for (Index o = thread; o < channels * kFrequencies; o += kThreads) {
          const double* const part =
              plan.parts + (tile.image * plan.tiles() * plan.c + first) * kFrequencies + o;
          double total = 0;
          FPANET_UNROLL_4
          for (Index t = 0; t < plan.tiles(); ++t) total += part[t * plan.c * kFrequencies];
          spectrum[o] = total;
        }
      });
      block.each(
          [&](int thread) { subtract(tile, thread, first, channels, basis, spectrum, of_source); });
    }
  }

  /// Processes the elements of a thread whose channels are in `spectrum`.
  FPANET_HD void subtract(const HighPassTile& tile, int thread, Index first_channel, Index channels,
                          const double* basis, const double* spectrum,
                          const float* of_source) const {
    double low[kColumns][kK];  // coefficients along h, not yet weighted by A_H
    typename Source::Column columns[kColumns];
    bool mine[kColumns];
    FPANET_UNROLL
    for (int i = 0; i < kColumns; ++i) {
      const Index e = tile.first + thread + i * kThreads, channel = e % plan.c - first_channel;
      mine[i] = e < tile.end && channel >= 0 && channel < channels;
      columns[i] = source.column(tile.image, mine[i] ? e : tile.first, of_source);
      const double* const s = spectrum + (mine[i] ? channel : 0) * kFrequencies;
      const double* const a = plan.basis_w + (mine[i] ? e : tile.first) / plan.c * kK;
      int frequency = 0;
      FPANET_UNROLL
      for (int k = 0; k < kK; ++k) {
        double sum = 0;
        FPANET_UNROLL
        for (int j = 0; j < kK - k; ++j) sum = std::fma(s[frequency++], a[j], sum);
        low[i][k] = sum;
      }
    }
    for (int row = 0; row < tile.rows(); ++row) {
      const Index h = tile.first_row + row;
      FPANET_UNROLL
      for (int i = 0; i < kColumns; ++i) {
        if (!mine[i]) continue;
        double sum = 0;
        FPANET_UNROLL
        for (int k = 0; k < kK; ++k) sum = std::fma(basis[row * kK + k], low[i][k], sum);
        const Index to =
            (tile.image * plan.h + h) * plan.row() + tile.first + thread + i * kThreads;
        auto value = static_cast<float>(static_cast<double>(columns[i].at(h)) - sum);
        if (write == Write::accumulate) value += static_cast<float>(y[to]);
        y[to] = static_cast<T>(value);
      }
    }
  }
};

}  // namespace fpanet::kernels
