// Memory traffic per element for bfloat16. Training reads x twice, or once if its statistics are
// given, and writes y: 6 or 4 bytes (8 or 6 with a residual). Eval: 4 (6). Backward reads x and dy
// twice and writes dx: 10. With a residual and relu it also reads y twice and writes dresidual: 16.

#include "kernels/batch_norm.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/base/scratch.hpp"
#include "kernels/batch_norm_body.hpp"
#include "kernels/channel_statistics.hpp"
#include "kernels/cuda/columns.hpp"
#include "kernels/cuda/launch.cuh"

namespace fpanet::kernels {
namespace {

/// Coefficients of the normalisation. For bfloat16 they are computed from the rounded mean and
/// invstd that are saved, so that the backward pass recomputes the same y.
template <class T>
FPANET_HD inline body::BatchNormAffine<float> forward_affine(double mean, double invstd,
                                                             float weight, float bias) {
  if constexpr (std::is_same_v<T, bfloat16>) {
    mean = static_cast<double>(static_cast<float>(mean));
    invstd = static_cast<double>(static_cast<float>(invstd));
  }
  return body::batch_norm_affine(mean, invstd, weight, bias);
}

/// Computes the coefficients of the normalisation from the running statistics.
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

/// y = [relu](normalised x [+ residual]).
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
  const body::BatchNormAffine<float>* affine;  ///< for the channels from `first` on
  Index first, channels;
  bool relu, aligned;

  FPANET_HD Fixed fixed(const ColumnPlace& at) const {
    Fixed f;
    FPANET_UNROLL
    for (int i = 0; i < kWidth; ++i) {
      if (i >= at.count) continue;
      const body::BatchNormAffine<float> factors = affine[at.column - first + i];
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

/// The same for training: each block computes the coefficients of its channels in shared memory.
/// The blocks of the first chunk also write the saved and running statistics.
template <class T>
struct BatchNormTrain {
  static constexpr int kThreads = ColumnTiles<T>::kThreads;

  ColumnTiles<T> cut;
  BatchNormForward<T> args;
  RunningStatistics<T> running;
  const double* statistics;
  bool aligned;

  Index shared_bytes() const {
    return cut.tile_columns() * static_cast<Index>(sizeof(body::BatchNormAffine<float>));
  }

  FPANET_HD void keep(Index c, const body::Moments& batch, double invstd) const {
    args.mean[c] = static_cast<float>(batch.mean);
    args.invstd[c] = static_cast<float>(invstd);
    if (running.mean != nullptr) {
      body::update_running(running.mean[c], running.var[c], batch, static_cast<double>(cut.rows),
                           running.momentum);
    }
    if (c == 0 && running.batches != nullptr) ++*running.batches;
  }

  template <class Block>
  FPANET_HD void operator()(const Block& block) const {
    auto* const affine = block.template shared<body::BatchNormAffine<float>>();
    const Index first = block.index % cut.tiles * cut.tile_columns();
    block.each([&](int thread) {
      const Index c = first + thread;
      if (thread >= cut.tile_columns() || c >= cut.columns) return;
      const body::Moments batch{statistics[c], statistics[cut.columns + c]};
      const double invstd = 1 / std::sqrt(batch.var + args.eps);
      affine[thread] = forward_affine<T>(batch.mean, invstd, args.weight[c], args.bias[c]);
      if (block.index < cut.tiles) keep(c, batch, invstd);
    });
    const BatchNormApply<T> apply{args.x.data, args.residual, args.y,    affine,
                                  first,       cut.columns,   args.relu, aligned};
    block.each_freely([&](int thread) {
      const auto at = cut.place(block.index, thread);
      if (at.count <= 0) return;
      const auto fixed = apply.fixed(at);
      for (Index row = at.first_row + at.lane; row < at.end; row += cut.lanes) {
        apply.map(fixed, at, row);
      }
    });
  }
};

/// Coefficients of a thread's channels that the backward pass needs.
template <class T>
struct BatchNormChannels {
  Values<float, kVector<T>> mean, scale, bias;
};

/// g = dy where the relu let the value through, else 0.
template <class T>
struct BatchNormOutputGradient {
  static constexpr int kWidth = kVector<T>;
  using V = Values<float, kWidth>;

  const T* y;         ///< null if there is no relu
  const float* bias;  ///< null if y is read; otherwise y is recomputed from x
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

/// Computes dweight, dbias, and the coefficients of dx for each channel.
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

/// Computes dx and dresidual.
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

/// The workspace of eval and backward.
template <class T>
struct BatchNormScratch {
  double* partial;
  void* per_channel;  ///< three floats per channel

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

}  // namespace

template <class T>
std::size_t batch_norm_workspace_bytes(const Cuda& cuda, Index pixels, Index channels) {
  const std::size_t train = scratch_bytes<double>(2 * channels) + kScratchAlignment +
                            channel_statistics_workspace_bytes<T>(cuda, pixels, channels);
  return std::max(train, BatchNormScratch<T>::bytes({pixels, channels}));
}

template <class T>
void batch_norm_train(const Cuda& cuda, const BatchNormForward<T>& args,
                      const RunningStatistics<T>& running, std::span<std::byte> workspace) {
  const double* statistics = args.statistics;
  if (statistics == nullptr) {
    Scratch scratch(workspace);
    auto* const taken = scratch.take<double>(2 * args.x.c);
    channel_statistics<T>(cuda, args.x, taken, scratch.rest());
    statistics = taken;
  }
  const ColumnTiles<T> cut(args.x.pixels(), args.x.c);
  const BatchNormTrain<T> sweep{cut, args, running, statistics,
                                images_fit<T>(cut.columns, args.x.data, args.residual, args.y)};
  CudaGrid(cuda).run("batch_norm", cut.blocks(), sweep.shared_bytes(), sweep);
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
  column_map(
      grid, "batch_norm", cut,
      BatchNormApply<T>{args.x.data, args.residual, args.y, affine, 0, cut.columns, args.relu,
                        images_fit<T>(cut.columns, args.x.data, args.residual, args.y)});
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
