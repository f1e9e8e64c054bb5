#pragma once
// Reductions over long rows for the Cuda implementations of the softmax family. One block per chunk
// of a row sums; one block per row combines the sums of its chunks; one block per chunk computes
// the result. In this last step, y may be x.

#include "kernels/base/scratch.hpp"
#include "kernels/cuda/launch.cuh"
#include "kernels/cuda/vector.hpp"
#include "kernels/softmax_body.hpp"

namespace fpanet::kernels {

using body::MaxSum;

/// How rows are divided, depending only on the shape: one thread per row, or one block per chunk of
/// a row.
struct RowCut {
  static constexpr Index kLongest = 64;  ///< longest row that one thread handles
  static constexpr Index kChunk = 2048;

  Index rows, cols;

  bool short_rows() const { return cols <= kLongest; }
  FPANET_HD Index chunks() const { return divide_up(cols, kChunk); }
  Index parts() const { return rows * chunks(); }
};

/// Iterates over the vectors of one chunk: calls f(first element, number of elements) on each
/// thread of the block that has a vector.
template <int kWidth, class F>
FPANET_HD inline void chunk_vectors(const RowCut& cut, Index part, int thread, int threads,
                                    const F& f) {
  const Index row = part / cut.chunks(), first = part % cut.chunks() * RowCut::kChunk;
  const Index end = first + RowCut::kChunk < cut.cols ? first + RowCut::kChunk : cut.cols;
  for (Index i = first + Index{thread} * kWidth; i < end; i += Index{threads} * kWidth) {
    f(row * cut.cols + i, end - i < kWidth ? static_cast<int>(end - i) : kWidth);
  }
}

/// Combines the values in[thread] of all threads of the block into in[0], in a fixed tree.
template <class V, class Block, class Combine>
FPANET_HD inline void reduce_block(const Block& block, V* in, const Combine& combine) {
  for (int half = block.threads / 2; half > 0; half /= 2) {
    block.each([&](int thread) {
      if (thread < half) in[thread] = combine(in[thread], in[thread + half]);
    });
  }
}

struct Larger {
  FPANET_HD float operator()(float a, float b) const { return b > a ? b : a; }
};

struct CombineMaxSum {
  FPANET_HD MaxSum operator()(const MaxSum& a, const MaxSum& b) const {
    return MaxSum::combine(a, b);
  }
};

/// parts[part] = largest x of a chunk and sum of exp(x - largest).
template <class T>
struct MaxSumKernel {
  static constexpr int kThreads = 256;
  static constexpr int kWidth = kVector<T>;
  static constexpr Index kSharedBytes = kThreads * (sizeof(float) + sizeof(double));

  RowCut cut;
  const T* x;
  MaxSum* parts;
  bool aligned;

  template <class Block>
  FPANET_HD void operator()(const Block& block) const {
    auto* const sums = block.template shared<double>();
    auto* const largest = reinterpret_cast<float*>(sums + kThreads);
    block.each([&](int thread) {
      float best = static_cast<float>(
          x[block.index / cut.chunks() * cut.cols + block.index % cut.chunks() * RowCut::kChunk]);
      each_vector(block, thread, [&](const Values<float, kWidth>& values, int count) {
        FPANET_UNROLL
        for (int i = 0; i < kWidth; ++i) {
          if (i < count && values.at[i] > best) best = values.at[i];
        }
      });
      largest[thread] = best;
    });
    reduce_block(block, largest, Larger());
    block.each([&](int thread) {
      float sum = 0;
      each_vector(block, thread, [&](const Values<float, kWidth>& values, int count) {
        FPANET_UNROLL
        for (int i = 0; i < kWidth; ++i) {
          if (i < count) {
            sum += body::exp_of_shifted(body::shifted_by_largest(values.at[i], largest[0]));
          }
        }
      });
      sums[thread] = static_cast<double>(sum);
    });
    reduce_block(block, sums, Plus());
    block.each_freely([&](int thread) {
      if (thread == 0) parts[block.index] = {static_cast<double>(largest[0]), sums[0]};
    });
  }

 private:
  template <class Block, class F>
  FPANET_HD void each_vector(const Block& block, int thread, const F& f) const {
    chunk_vectors<kWidth>(cut, block.index, thread, kThreads, [&](Index first, int count) {
      f(load<kWidth>(x + first, count, aligned), count);
    });
  }
};

/// parts[part] = sum of term(y, dy) over a chunk.
template <class T, class Rule>
struct GradientSumKernel {
  static constexpr int kThreads = 256;
  static constexpr int kWidth = kVector<T>;
  static constexpr Index kSharedBytes = kThreads * sizeof(double);

  RowCut cut;
  const T *y, *dy;
  double* parts;
  bool aligned;

  template <class Block>
  FPANET_HD void operator()(const Block& block) const {
    auto* const sums = block.template shared<double>();
    block.each([&](int thread) {
      float sum = 0;
      chunk_vectors<kWidth>(cut, block.index, thread, kThreads, [&](Index first, int count) {
        const auto a = load<kWidth>(y + first, count, aligned);
        const auto b = load<kWidth>(dy + first, count, aligned);
        FPANET_UNROLL
        for (int i = 0; i < kWidth; ++i) {
          if (i < count) sum += Rule::term(a.at[i], b.at[i]);
        }
      });
      sums[thread] = static_cast<double>(sum);
    });
    reduce_block(block, sums, Plus());
    block.each_freely([&](int thread) {
      if (thread == 0) parts[block.index] = sums[0];
    });
  }
};

/// wholes[row] = the combined parts of the row, one block per row.
template <class Summary, class Combine>
struct CombineKernel {
  static constexpr int kThreads = 128;
  static constexpr Index kSharedBytes = kThreads * sizeof(Summary);

  Index per_row;
  const Summary* parts;
  Summary* wholes;
  Combine combine;

  template <class Block>
  FPANET_HD void operator()(const Block& block) const {
    auto* const in = block.template shared<Summary>();
    const Summary* const row = parts + block.index * per_row;
    const int used = per_row < kThreads ? static_cast<int>(per_row) : kThreads;
    block.each([&](int thread) {
      if (thread >= used) return;
      Summary total = row[thread];
      for (Index k = thread + kThreads; k < per_row; k += kThreads) total = combine(total, row[k]);
      in[thread] = total;
    });
    for (int half = kThreads / 2; half > 0; half /= 2) {
      block.each([&](int thread) {
        if (thread < half && thread + half < used) {
          in[thread] = combine(in[thread], in[thread + half]);
        }
      });
    }
    block.each_freely([&](int thread) {
      if (thread == 0) wholes[block.index] = in[0];
    });
  }
};

/// y (=|+=) Rule::value(whole of the row, x [, dy]) over a chunk; y may be any of the inputs.
template <class T, class Rule>
struct ApplyKernel {
  static constexpr int kThreads = 256;
  static constexpr int kWidth = kVector<T>;

  RowCut cut;
  const T *x, *dy;  ///< dy is null for a forward rule
  T* y;
  const typename Rule::Summary* wholes;
  Write write;
  bool aligned;

  template <class Block>
  FPANET_HD void operator()(const Block& block) const {
    const Rule rule(wholes[block.index / cut.chunks()]);
    block.each_freely([&](int thread) {
      chunk_vectors<kWidth>(cut, block.index, thread, kThreads, [&](Index first, int count) {
        const auto a = load<kWidth>(x + first, count, aligned);
        const auto b = dy == nullptr ? a : load<kWidth>(dy + first, count, aligned);
        Values<float, kWidth> out;
        FPANET_UNROLL
        for (int i = 0; i < kWidth; ++i) out.at[i] = rule.value(a.at[i], b.at[i]);
        store(y + first, out, count, aligned, write);
      });
    });
  }
};

template <class X>
FPANET_HD inline MaxSum max_sum(int cols, const X& x) {
  float largest = x(0), sum = 0;
  for (int i = 1; i < cols; ++i) largest = Larger()(largest, x(i));
  for (int i = 0; i < cols; ++i) {
    sum += body::exp_of_shifted(body::shifted_by_largest(x(i), largest));
  }
  return {static_cast<double>(largest), static_cast<double>(sum)};
}

/// Each rule defines the summary that it needs of a row, and the result for one entry of the row.
struct SoftmaxRule {
  using Summary = MaxSum;
  float largest, scale;

  FPANET_HD explicit SoftmaxRule(const MaxSum& whole)
      : largest(static_cast<float>(whole.max)), scale(static_cast<float>(1 / whole.sum)) {}
  template <class X, class Unused>
  FPANET_HD static MaxSum summary(int cols, const X& x, const Unused&) {
    return max_sum(cols, x);
  }
  FPANET_HD float value(float x, float) const {
    return body::exp_of_shifted(body::shifted_by_largest(x, largest)) * scale;
  }
};

struct LogSoftmaxRule {
  using Summary = MaxSum;
  float largest, log_sum;

  FPANET_HD explicit LogSoftmaxRule(const MaxSum& whole)
      : largest(static_cast<float>(whole.max)), log_sum(static_cast<float>(std::log(whole.sum))) {}
  template <class X, class Unused>
  FPANET_HD static MaxSum summary(int cols, const X& x, const Unused&) {
    return max_sum(cols, x);
  }
  FPANET_HD float value(float x, float) const { return x - largest - log_sum; }
};

template <class Rule, class Y, class Dy>
FPANET_HD inline double gradient_sum(int cols, const Y& y, const Dy& dy) {
  float sum = 0;
  for (int i = 0; i < cols; ++i) sum += Rule::term(y(i), dy(i));
  return static_cast<double>(sum);
}

struct SoftmaxGradientRule {
  using Summary = double;
  float dot;

  FPANET_HD explicit SoftmaxGradientRule(double whole) : dot(static_cast<float>(whole)) {}
  FPANET_HD static float term(float y, float dy) { return y * dy; }
  template <class Y, class Dy>
  FPANET_HD static double summary(int cols, const Y& y, const Dy& dy) {
    return gradient_sum<SoftmaxGradientRule>(cols, y, dy);
  }
  FPANET_HD float value(float y, float dy) const { return body::softmax_gradient(y, dy, dot); }
};

struct LogSoftmaxGradientRule {
  using Summary = double;
  float sum;

  FPANET_HD explicit LogSoftmaxGradientRule(double whole) : sum(static_cast<float>(whole)) {}
  FPANET_HD static float term(float, float dy) { return dy; }
  template <class Y, class Dy>
  FPANET_HD static double summary(int cols, const Y& y, const Dy& dy) {
    return gradient_sum<LogSoftmaxGradientRule>(cols, y, dy);
  }
  FPANET_HD float value(float y, float dy) const { return body::log_softmax_gradient(y, dy, sum); }
};

/// Whether every row starts at a multiple of a vector. A single row may have any length: its last
/// vector may be partial.
template <class T>
bool rows_fit(const RowCut& cut, const T* p) {
  return p == nullptr || vectors_fit<kVector<T>>(p, cut.rows == 1 ? kVector<T> : cut.cols);
}

/// Memory for summaries of rows, in a workspace.
template <class Summary>
struct Summaries {
  Summary *parts, *wholes;

  Summaries(const RowCut& cut, std::span<std::byte> workspace) {
    Scratch scratch(workspace);
    parts = scratch.take<Summary>(cut.parts());
    wholes = scratch.take<Summary>(cut.rows);
  }
};

template <class Rule, class T, class Combine>
void combine_and_apply(const CudaGrid& grid, const char* name, const RowCut& cut, const T* x,
                       const T* dy, T* y, Write write,
                       const Summaries<typename Rule::Summary>& summaries, const Combine& combine) {
  using Kernel = CombineKernel<typename Rule::Summary, Combine>;
  grid.run(name, cut.rows, Kernel::kSharedBytes,
           Kernel{cut.chunks(), summaries.parts, summaries.wholes, combine});
  const bool aligned = rows_fit(cut, x) && rows_fit(cut, dy) && rows_fit<T>(cut, y);
  grid.run(name, cut.parts(), 0,
           ApplyKernel<T, Rule>{cut, x, dy, y, summaries.wholes, write, aligned});
}

}  // namespace fpanet::kernels
