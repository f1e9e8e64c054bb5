// Both products with the (11,N) bases, each image row a line of W*C elements e:
//
//   vertical[k][e] = sum_h A_H[k][h] x[h][e]                     partial sums over 32 rows in float
//   low[k] = the filter along W of vertical[k], in double
//   y[h][e] = x[h][e] - sum_k A_H[k][h] low[k][e]                in double
//
// Bytes an element in float: x twice and y, 12, and 6 of partial sums that stay in the cache.

#include "kernels/high_pass.hpp"

#include "kernels/cuda_launch.cuh"
#include "kernels/cuda_vector.hpp"
#include "kernels/dct_basis.hpp"
#include "kernels/scratch.hpp"

namespace fpanet::kernels {
namespace {

constexpr int kK = static_cast<int>(kLowFrequencies);
constexpr Index kChunkRows = 32;  // of an image, for one block

/// What the kernels share: sizes, and the memory between them.
struct HighPassPlan {
  Index n, c, h, w;
  double* basis_h;   // [h][k]
  double* basis_w;   // [w][k]
  float* partial;    // [image][chunk][k][e]
  double* vertical;  // [image][k][e]
  double* low;       // [image][k][e]

  FPANET_HD Index row() const { return w * c; }
  FPANET_HD Index chunks() const { return divide_up(h, kChunkRows); }
  FPANET_HD Index end_of(Index chunk) const {
    const Index end = (chunk + 1) * kChunkRows;
    return end < h ? end : h;
  }
  Index frequencies() const { return n * kK * row(); }

  std::size_t bytes() const {
    return scratch_bytes<double>(h * kK) + scratch_bytes<double>(w * kK) +
           scratch_bytes<float>(chunks() * frequencies()) +
           2 * scratch_bytes<double>(frequencies()) + kScratchAlignment;
  }
  void take(std::span<std::byte> workspace) {
    Scratch scratch(workspace);
    basis_h = scratch.take<double>(h * kK);
    basis_w = scratch.take<double>(w * kK);
    partial = scratch.take<float>(chunks() * frequencies());
    vertical = scratch.take<double>(frequencies());
    low = scratch.take<double>(frequencies());
  }
};

struct BasisKernel {
  static constexpr int kThreads = 128;

  HighPassPlan plan;

  template <class Block>
  FPANET_HD void operator()(const Block& block) const {
    grid_stride(block, (plan.h + plan.w) * kK, [&](Index i) {
      const Index k = i % kK, line = i / kK;
      if (line < plan.h) {
        plan.basis_h[i] = orthonormal_cosine(k, line, plan.h);
      } else {
        plan.basis_w[i - plan.h * kK] = orthonormal_cosine(k, line - plan.h, plan.w);
      }
    });
  }
};

/// Partial sums of `vertical`: one block a chunk of rows of an image, a vector of e a thread.
template <class T>
struct AnalyseColumnsKernel {
  static constexpr int kThreads = 256;
  static constexpr int kWidth = 4;

  HighPassPlan plan;
  const T* x;
  bool aligned;

  template <class Block>
  FPANET_HD void operator()(const Block& block) const {
    const Index row = plan.row(), n = block.index / plan.chunks();
    const Index chunk = block.index % plan.chunks();
    block_stride(block, divide_up(row, kWidth), [&](Index vector) {
      const Index e = vector * kWidth, rest = row - e;
      const int count = rest < kWidth ? static_cast<int>(rest) : kWidth;
      Values<float, kWidth> sums[kK];
      FPANET_UNROLL_4
      for (Index h = chunk * kChunkRows; h < plan.end_of(chunk); ++h) {
        const auto values = load<kWidth>(x + (n * plan.h + h) * row + e, count, aligned);
        FPANET_UNROLL
        for (int k = 0; k < kK; ++k) {
          const auto a = static_cast<float>(plan.basis_h[h * kK + k]);
          FPANET_UNROLL
          for (int i = 0; i < kWidth; ++i) sums[k].at[i] += a * values.at[i];
        }
      }
      FPANET_UNROLL
      for (int k = 0; k < kK; ++k) {
        store(plan.partial + (block.index * kK + k) * row + e, sums[k], count, aligned);
      }
    });
  }
};

/// low[k][e] = sum_j B[k][j] (sum_w vertical[k][w] A_W[j][w]) A_W[j]: one block a row k of an image.
struct FilterRowKernel {
  static constexpr int kThreads = 256;
  static constexpr Index kMostChannels = 8;  // at a time

  HighPassPlan plan;

  static constexpr Index shared_bytes() {
    return (kThreads * kK + reduce_scratch(kThreads) + kMostChannels * kK) *
           static_cast<Index>(sizeof(double));
  }

  template <class Block>
  FPANET_HD void operator()(const Block& block) const {
    const Index row = plan.row(), n = block.index / kK;
    const int k = static_cast<int>(block.index % kK), frequencies = kK - k;
    double* const vertical = plan.vertical + block.index * row;
    double* const low = plan.low + block.index * row;
    block.each([&](int thread) {
      for (Index e = thread; e < row; e += kThreads) {
        double sum = 0;
        for (Index chunk = 0; chunk < plan.chunks(); ++chunk) {
          const Index part = (n * plan.chunks() + chunk) * kK + k;
          sum += static_cast<double>(plan.partial[part * row + e]);
        }
        vertical[e] = sum;
      }
    });
    for (Index first = 0; first < plan.c; first += kMostChannels) {
      const Index rest = plan.c - first;
      filter_channels(block, vertical, low, frequencies, first,
                      static_cast<int>(rest < kMostChannels ? rest : kMostChannels));
    }
  }

  template <class Block>
  FPANET_HD void filter_channels(const Block& block, const double* vertical, double* low,
                                 int frequencies, Index first, int channels) const {
    const int lanes = kThreads / channels, width = channels * kK;
    auto* const parts = block.template shared<double>();  // [lane][channel][j]
    double* const scratch = parts + kThreads * kK;
    double* const spectrum = scratch + reduce_scratch(kThreads);
    block.each([&](int thread) {
      const int lane = thread / channels, c = thread % channels;
      if (lane >= lanes) return;
      double sums[kK] = {};
      for (Index w = lane; w < plan.w; w += lanes) {
        const double value = vertical[w * plan.c + first + c];
        FPANET_UNROLL
        for (int j = 0; j < kK; ++j) sums[j] += plan.basis_w[w * kK + j] * value;
      }
      FPANET_UNROLL
      for (int j = 0; j < kK; ++j) parts[thread * kK + j] = sums[j];
    });
    reduce_lanes<double>(block, parts, lanes, width, scratch, Plus{},
                         [&](int o, double total) { spectrum[o] = total; });
    block.each([&](int thread) {
      const int lane = thread / channels, c = thread % channels;
      if (lane >= lanes) return;
      for (Index w = lane; w < plan.w; w += lanes) {
        double sum = 0;
        for (int j = 0; j < frequencies; ++j) {
          sum += plan.basis_w[w * kK + j] * spectrum[c * kK + j];
        }
        low[w * plan.c + first + c] = sum;
      }
    });
  }
};

/// y = x - low part: one block a chunk of rows of an image and 256 of its columns.
template <class T>
struct SubtractKernel {
  static constexpr int kThreads = 256;

  HighPassPlan plan;
  const T* x;
  T* y;
  Write write;

  Index spans() const { return divide_up(plan.row(), kThreads); }

  template <class Block>
  FPANET_HD void operator()(const Block& block) const {
    const Index row = plan.row(), spans = divide_up(row, kThreads);
    const Index span = block.index % spans, chunk = block.index / spans % plan.chunks();
    const Index n = block.index / spans / plan.chunks();
    block.each_freely([&](int thread) {
      const Index e = span * kThreads + thread;
      if (e >= row) return;
      double z[kK];
      FPANET_UNROLL
      for (int k = 0; k < kK; ++k) z[k] = plan.low[(n * kK + k) * row + e];
      for (Index h = chunk * kChunkRows; h < plan.end_of(chunk); ++h) {
        const double* const a = plan.basis_h + h * kK;
        double sum = a[0] * z[0];
        FPANET_UNROLL
        for (int k = 1; k < kK; ++k) sum += a[k] * z[k];
        const Index i = (n * plan.h + h) * row + e;
        auto value = static_cast<float>(static_cast<double>(static_cast<float>(x[i])) - sum);
        if (write == Write::accumulate) value += static_cast<float>(y[i]);
        y[i] = static_cast<T>(value);
      }
    });
  }
};

}  // namespace

template <class T>
std::size_t high_pass_workspace_bytes(const Cuda&, Index n, Index c, Index h, Index w) {
  return HighPassPlan{n, c, h, w, {}, {}, {}, {}, {}}.bytes();
}

template <class T>
void high_pass(const Cuda& cuda, View<const T> x, View<T> y, Write write,
               std::span<std::byte> workspace) {
  const CudaGrid grid(cuda);
  HighPassPlan plan{x.n, x.c, x.h, x.w, {}, {}, {}, {}, {}};
  plan.take(workspace);
  const BasisKernel basis{plan};
  grid.run("high_pass", stride_blocks((x.h + x.w) * kK, basis.kThreads), 0, basis);
  using Analyse = AnalyseColumnsKernel<T>;
  grid.run("high_pass", x.n * plan.chunks(), 0,
           Analyse{plan, x.data, vectors_fit<Analyse::kWidth>(x.data, plan.row())});
  grid.run("high_pass", x.n * kK, FilterRowKernel::shared_bytes(), FilterRowKernel{plan});
  const SubtractKernel<T> subtract{plan, x.data, y.data, write};
  grid.run("high_pass", x.n * plan.chunks() * subtract.spans(), 0, subtract);
}

#define FPANET_INSTANTIATE(T)                                                                \
  template void high_pass(const Cuda&, View<const T>, View<T>, Write, std::span<std::byte>); \
  template std::size_t high_pass_workspace_bytes<T>(const Cuda&, Index, Index, Index, Index)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
