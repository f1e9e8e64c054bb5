// Bytes an element, T = bfloat16: training reads x twice and writes y, 6 (8 with a residual); eval 4
// (6); backward reads x and dy twice and writes dx, 10 (with a residual and relu it reads y twice
// and writes dresidual, too: 16).

#include "kernels/batch_norm.hpp"

#include <cmath>

#include "kernels/batch_norm_body.hpp"
#include "kernels/cuda_columns.hpp"
#include "kernels/cuda_launch.cuh"
#include "kernels/scratch.hpp"

namespace fpanet::kernels {
namespace {

/// Sums of x - shift and of its square, where shift is the first x of the chunk.
template <class T>
struct BatchNormTerms {
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

/// Factors of the normalisation. For bfloat16 they follow from mean and invstd as these are saved,
/// so that the backward pass finds the same y.
template <class T>
FPANET_HD inline body::BatchNormAffine<float> forward_affine(double mean, double invstd,
                                                             float weight, float bias) {
  if constexpr (std::is_same_v<T, bfloat16>) {
    mean = static_cast<double>(static_cast<float>(mean));
    invstd = static_cast<double>(static_cast<float>(invstd));
  }
  return body::batch_norm_affine(mean, invstd, weight, bias);
}

/// From the chunks' sums to mean and invstd of each channel, the factors of the normalisation, and
/// the running statistics. Four channels a block, whose threads share out the chunks.
template <class T>
struct BatchNormStatisticsKernel {
  static constexpr int kThreads = 256;
  static constexpr int kColumns = 4;
  static constexpr int kLanes = kThreads / kColumns;

  ColumnTiles<T> cut;
  const T* x;
  const double* partial;
  BatchNormForward<T> args;
  RunningStatistics<T> running;
  body::BatchNormAffine<float>* affine;

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
      const body::Moments batch{means[thread] / pixels, squares[thread] / pixels};
      const double invstd = 1 / std::sqrt(batch.var + args.eps);
      args.mean[c] = static_cast<float>(batch.mean);
      args.invstd[c] = static_cast<float>(invstd);
      affine[c] = forward_affine<T>(batch.mean, invstd, args.weight[c], args.bias[c]);
      if (running.mean != nullptr) {
        body::update_running(running.mean[c], running.var[c], batch, pixels, running.momentum);
      }
      if (c == 0 && running.batches != nullptr) ++*running.batches;
    });
  }
};

/// The same from running statistics.
template <class T>
struct BatchNormConstantsKernel {
  static constexpr int kThreads = 64;

  BatchNormForward<T> args;
  const float* mean;
  const float* var;
  body::BatchNormAffine<float>* affine;

  template <class Block>
  FPANET_HD void operator()(const Block& block) const {
    grid_stride(block, args.x.c, [&](Index c) {
      const double invstd = 1 / std::sqrt(static_cast<double>(var[c]) + args.eps);
      args.mean[c] = mean[c];
      args.invstd[c] = static_cast<float>(invstd);
      affine[c] =
          forward_affine<T>(static_cast<double>(mean[c]), invstd, args.weight[c], args.bias[c]);
    });
  }
};

/// y = [relu](normalised [+ residual]).
template <class T>
struct BatchNormApply {
  static constexpr int kWidth = kVector<T>;
  using V = Values<float, kWidth>;
  struct Fixed {
    V mean, scale, shift;
  };

  const T* x;
  const T* residual;
  T* y;
  const body::BatchNormAffine<float>* affine;
  Index channels;
  bool relu, aligned;

  FPANET_HD Fixed fixed(const ColumnPlace& at) const {
    Fixed f;
    FPANET_UNROLL
    for (int i = 0; i < kWidth; ++i) {
      if (i >= at.count) continue;
      const body::BatchNormAffine<float> factors = affine[at.column + i];
      f.mean.at[i] = factors.mean;
      f.scale.at[i] = factors.scale;
      f.shift.at[i] = factors.shift;
    }
    return f;
  }
  FPANET_HD void map(const Fixed& f, const ColumnPlace& at, Index row) const {
    const Index i0 = row * channels + at.column;
    V values = load<kWidth>(x + i0, at.count, aligned), more;
    if (residual != nullptr) more = load<kWidth>(residual + i0, at.count, aligned);
    FPANET_UNROLL
    for (int i = 0; i < kWidth; ++i) {
      float value = body::normalise(values.at[i], f.mean.at[i], f.scale.at[i], f.shift.at[i]);
      if (residual != nullptr) value += more.at[i];
      values.at[i] = relu ? body::relu(value) : value;
    }
    store(y + i0, values, at.count, aligned);
  }
};

/// What the backward pass needs of a thread's channels.
template <class T>
struct BatchNormChannels {
  Values<float, kVector<T>> mean, scale, bias;
};

/// g = dy where the relu was open, else 0.
template <class T>
struct BatchNormOutputGradient {
  static constexpr int kWidth = kVector<T>;
  using V = Values<float, kWidth>;

  const T* y;         ///< null: no relu
  const float* bias;  ///< null: y is read, else found again from x
  const T* dy;
  bool aligned;

  FPANET_HD V operator()(Index i0, int count, const V& x, const BatchNormChannels<T>& of) const {
    V g = load<kWidth>(dy + i0, count, aligned), out;
    if (y == nullptr) return g;
    if (bias == nullptr) out = load<kWidth>(y + i0, count, aligned);
    FPANET_UNROLL
    for (int i = 0; i < kWidth; ++i) {
      if (bias != nullptr) {
        const float value = body::normalise(x.at[i], of.mean.at[i], of.scale.at[i], of.bias.at[i]);
        out.at[i] = static_cast<float>(static_cast<T>(value));
      }
      g.at[i] = body::relu_gradient(out.at[i], g.at[i]);
    }
    return g;
  }
};

/// Sums of g and of g (x - mean).
template <class T>
struct BatchNormGradientTerms {
  static constexpr int kSums = 2, kWidth = kVector<T>;
  using V = Values<float, kWidth>;

  BatchNormOutputGradient<T> gradient;
  const T* x;
  const float *mean, *invstd, *weight;
  Index channels;
  bool aligned;

  FPANET_HD BatchNormChannels<T> fixed(const ColumnPlace& at) const {
    BatchNormChannels<T> of;
    FPANET_UNROLL
    for (int i = 0; i < kWidth; ++i) {
      if (i >= at.count) continue;
      const Index c = at.column + i;
      of.mean.at[i] = mean[c];
      if (gradient.bias == nullptr) continue;
      const auto factors =
          body::batch_norm_affine(static_cast<double>(mean[c]), static_cast<double>(invstd[c]),
                                  weight[c], gradient.bias[c]);
      of.scale.at[i] = factors.scale;
      of.bias.at[i] = factors.shift;
    }
    return of;
  }
  FPANET_HD void add(const BatchNormChannels<T>& of, const ColumnPlace& at, Index row,
                     V* sums) const {
    const Index i0 = row * channels + at.column;
    const V values = load<kWidth>(x + i0, at.count, aligned);
    const V g = gradient(i0, at.count, values, of);
    FPANET_UNROLL
    for (int i = 0; i < kWidth; ++i) {
      sums[0].at[i] += g.at[i];
      sums[1].at[i] += g.at[i] * (values.at[i] - of.mean.at[i]);
    }
  }
};

/// dweight, dbias, and what dx needs of a channel.
template <class T>
struct BatchNormGradientFinish {
  BatchNormBackward<T> args;
  body::BatchNormSlopes<float>* slopes;

  FPANET_HD void operator()(Index c, const double* sums) const {
    const auto invstd = static_cast<double>(args.invstd[c]);
    if (args.dbias != nullptr) store(args.dbias[c], static_cast<float>(sums[0]), args.write_dbias);
    if (args.dweight != nullptr) {
      store(args.dweight[c], static_cast<float>(sums[1] * invstd), args.write_dweight);
    }
    slopes[c] = body::batch_norm_slopes<float>(static_cast<double>(args.weight[c]), invstd, sums[0],
                                               sums[1], static_cast<double>(args.x.pixels()),
                                               args.batch_statistics);
  }
};

/// dx and dresidual.
template <class T>
struct BatchNormGradientApply {
  static constexpr int kWidth = kVector<T>;
  using V = Values<float, kWidth>;
  struct Fixed {
    BatchNormChannels<T> of;
    V offset, slope;
  };

  BatchNormOutputGradient<T> gradient;
  const T* x;
  T* dx;
  T* dresidual;
  Write write_dx, write_dresidual;
  const float* mean;
  const body::BatchNormSlopes<float>* slopes;
  Index channels;
  bool aligned;

  FPANET_HD Fixed fixed(const ColumnPlace& at) const {
    Fixed f;
    FPANET_UNROLL
    for (int i = 0; i < kWidth; ++i) {
      if (i >= at.count) continue;
      const Index c = at.column + i;
      const body::BatchNormSlopes<float> s = slopes[c];
      f.of.mean.at[i] = mean[c];
      f.of.scale.at[i] = s.scale;
      if (gradient.bias != nullptr) f.of.bias.at[i] = gradient.bias[c];
      f.offset.at[i] = s.offset;
      f.slope.at[i] = s.slope;
    }
    return f;
  }
  FPANET_HD void map(const Fixed& f, const ColumnPlace& at, Index row) const {
    const Index i0 = row * channels + at.column;
    V values;
    if (dx != nullptr || gradient.bias != nullptr) values = load<kWidth>(x + i0, at.count, aligned);
    const V g = gradient(i0, at.count, values, f.of);
    if (dx != nullptr) {
      FPANET_UNROLL
      for (int i = 0; i < kWidth; ++i) {
        values.at[i] = body::batch_norm_gradient(values.at[i], g.at[i], f.of.mean.at[i],
                                                 f.of.scale.at[i], f.offset.at[i], f.slope.at[i]);
      }
      store(dx + i0, values, at.count, aligned, write_dx);
    }
    if (dresidual != nullptr) store(dresidual + i0, g, at.count, aligned, write_dresidual);
  }
};

/// What both directions keep in the workspace.
template <class T>
struct BatchNormScratch {
  double* partial;
  void* per_channel;  ///< three floats each

  BatchNormScratch(std::span<std::byte> workspace, const ColumnTiles<T>& cut) {
    Scratch scratch(workspace);
    partial = scratch.take<double>(cut.chunks * 2 * cut.columns);
    per_channel = scratch.take<body::BatchNormAffine<float>>(cut.columns);
  }
  static std::size_t bytes(const ColumnTiles<T>& cut) {
    return scratch_bytes<double>(cut.chunks * 2 * cut.columns) +
           scratch_bytes<body::BatchNormAffine<float>>(cut.columns) + kScratchAlignment;
  }
};

template <class T>
void batch_norm_apply(const CudaGrid& grid, const BatchNormForward<T>& args,
                      const ColumnTiles<T>& cut, const body::BatchNormAffine<float>* affine) {
  const bool aligned = images_fit<T>(cut.columns, args.x.data, args.residual, args.y);
  column_map(grid, "batch_norm", cut,
             BatchNormApply<T>{args.x.data, args.residual, args.y, affine, cut.columns, args.relu,
                               aligned});
}

}  // namespace

template <class T>
std::size_t batch_norm_workspace_bytes(const Cuda&, Index pixels, Index channels) {
  return BatchNormScratch<T>::bytes({pixels, channels});
}

template <class T>
void batch_norm_train(const Cuda& cuda, const BatchNormForward<T>& args,
                      const RunningStatistics<T>& running, std::span<std::byte> workspace) {
  const CudaGrid grid(cuda);
  const ColumnTiles<T> cut(args.x.pixels(), args.x.c);
  const BatchNormScratch<T> scratch(workspace, cut);
  auto* const affine = static_cast<body::BatchNormAffine<float>*>(scratch.per_channel);
  const BatchNormTerms<T> terms{args.x.data, args.x.c, images_fit<T>(args.x.c, args.x.data)};
  const ColumnSumsKernel<T, BatchNormTerms<T>> sums{cut, terms, scratch.partial};
  grid.run("batch_norm", cut.blocks(), sums.shared_bytes(), sums);
  const BatchNormStatisticsKernel<T> statistics{cut,  args.x.data, scratch.partial,
                                                args, running,     affine};
  grid.run("batch_norm", statistics.blocks(), statistics.shared_bytes(), statistics);
  batch_norm_apply(grid, args, cut, affine);
}

template <class T>
void batch_norm_eval(const Cuda& cuda, const BatchNormForward<T>& args, const Real<T>* running_mean,
                     const Real<T>* running_var, std::span<std::byte> workspace) {
  const CudaGrid grid(cuda);
  const ColumnTiles<T> cut(args.x.pixels(), args.x.c);
  auto* const affine =
      static_cast<body::BatchNormAffine<float>*>(BatchNormScratch<T>(workspace, cut).per_channel);
  const BatchNormConstantsKernel<T> constants{args, running_mean, running_var, affine};
  grid.run("batch_norm", divide_up(args.x.c, constants.kThreads), 0, constants);
  batch_norm_apply(grid, args, cut, affine);
}

template <class T>
void batch_norm_backward(const Cuda& cuda, const BatchNormBackward<T>& args,
                         std::span<std::byte> workspace) {
  const CudaGrid grid(cuda);
  const Index channels = args.x.c;
  const ColumnTiles<T> cut(args.x.pixels(), channels);
  const BatchNormScratch<T> scratch(workspace, cut);
  auto* const slopes = static_cast<body::BatchNormSlopes<float>*>(scratch.per_channel);
  const bool aligned = images_fit<T>(channels, args.x.data, args.y, args.dy);
  const float* const bias = std::is_same_v<T, bfloat16> ? args.bias : nullptr;
  const BatchNormOutputGradient<T> gradient{args.y, bias, args.dy, aligned};
  column_totals(grid, "batch_norm_backward", cut,
                BatchNormGradientTerms<T>{gradient, args.x.data, args.mean, args.invstd,
                                          args.weight, channels, aligned},
                scratch.partial, BatchNormGradientFinish<T>{args, slopes});
  if (args.dx == nullptr && args.dresidual == nullptr) return;
  column_map(
      grid, "batch_norm_backward", cut,
      BatchNormGradientApply<T>{gradient, args.x.data, args.dx, args.dresidual, args.write_dx,
                                args.write_dresidual, args.mean, slopes, channels,
                                aligned && images_fit<T>(channels, args.dx, args.dresidual)});
}

#define FPANET_INSTANTIATE(T)                                                          \
  template void batch_norm_train(const Cuda&, const BatchNormForward<T>&,              \
                                 const RunningStatistics<T>&, std::span<std::byte>);   \
  template void batch_norm_eval(const Cuda&, const BatchNormForward<T>&, const float*, \
                                const float*, std::span<std::byte>);                   \
  template void batch_norm_backward(const Cuda&, const BatchNormBackward<T>&,          \
                                    std::span<std::byte>);                             \
  template std::size_t batch_norm_workspace_bytes<T>(const Cuda&, Index, Index)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
