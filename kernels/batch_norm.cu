// Memory traffic per element for bfloat16. Training reads x twice, or once if its statistics are
// given, and writes y: 6 or 4 bytes (8 or 6 with a residual). Eval: 4 (6). Backward reads x and dy
// twice and writes dx: 10. With a residual and relu it also reads y twice and writes dresidual: 16.

#include "kernels/batch_norm.hpp"

#include <algorithm>
#include <cmath>
#include <type_traits>

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
template <class T, bool kAligned>
struct BatchNormApply {
  static constexpr int kWidth = kVector<T>;
  using V = Values<float, kWidth>;
  struct Fixed {
    V mean, scale, shift;
  };
  struct Loaded {
    kernels::Loaded<kWidth, T> x, residual;
  };

  const T* x;
  const T* residual;
  T* y;
  const body::BatchNormAffine<float>* affine;  ///< for the channels from `first` on
  Index first, channels;
  bool relu;

  FPANET_HD Fixed fixed(const ColumnPlace& at) const {
    Fixed f;
    FPANET_UNROLL
    for (int i = 0; i < kWidth; ++i) {
      if (!kAligned && i >= at.count) continue;
      const body::BatchNormAffine<float> factors = affine[at.column - first + i];
      f.mean.at[i] = factors.mean;
      f.scale.at[i] = factors.scale;
      f.shift.at[i] = factors.shift;
    }
    return f;
  }
  FPANET_HD Loaded read(const ColumnPlace& at, Index row) const {
    const Index i0 = row * channels + at.column;
    Loaded loaded;
    loaded.x = read_columns<kAligned, kWidth>(x + i0, at);
    if (residual != nullptr) loaded.residual = read_columns<kAligned, kWidth>(residual + i0, at);
    return loaded;
  }
  FPANET_HD void map(const Fixed& f, const ColumnPlace& at, Index row, const Loaded& loaded) const {
    V values = loaded.x.values();
    const V more = loaded.residual.values();
    FPANET_UNROLL
    for (int i = 0; i < kWidth; ++i) {
      float value = body::normalise(values.at[i], f.mean.at[i], f.scale.at[i], f.shift.at[i]);
      if (residual != nullptr) value += more.at[i];
      values.at[i] = relu ? body::relu(value) : value;
    }
    store_columns<kAligned>(y + row * channels + at.column, values, at, Write::assign);
  }
};

/// The same for training: each block computes the coefficients of its channels in shared memory.
/// The blocks of the first chunk also write the saved and running statistics.
template <class T, bool kAligned>
struct BatchNormTrain {
  static constexpr int kThreads = ColumnTiles<T>::kThreads;
  static constexpr int kResident = 4;

  ColumnTiles<T> cut;
  BatchNormForward<T> args;
  RunningStatistics<T> running;
  const double* statistics;

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
    const BatchNormApply<T, kAligned> apply{args.x.data, args.residual, args.y,   affine,
                                            first,       cut.columns,   args.relu};
    block.each_freely([&](int thread) {
      const auto at = cut.place(block.index, thread);
      if (at.count > 0) map_rows(apply, apply.fixed(at), at, cut.lanes);
    });
  }
};

/// How the backward pass knows where the relu let a value through.
enum class ReluMask {
  none,      ///< there was no relu
  output,    ///< y is read
  input,     ///< y is recomputed from x
  whichever  ///< one of these, as the pointers say: for shapes that are not worth a kernel each
};

/// g = dy where the relu let the value through, else 0.
template <class T, bool kAligned, ReluMask kMask>
struct BatchNormOutputGradient {
  static constexpr int kWidth = kVector<T>;
  using V = Values<float, kWidth>;
  /// Coefficients of a thread's channels; scale and bias if y is recomputed.
  struct Channels {
    V mean, scale, bias;
  };
  struct Loaded {
    kernels::Loaded<kWidth, T> x, y, dy;
  };

  const T* x;
  const T* y;  ///< null if there is no relu
  const T* dy;
  const float *mean, *invstd, *weight;
  const float* bias;  ///< null if y is read
  Index channels;

  FPANET_HD bool reads_y() const {
    return kMask == ReluMask::output ||
           (kMask == ReluMask::whichever && y != nullptr && bias == nullptr);
  }
  FPANET_HD bool recomputes_y() const {
    return kMask == ReluMask::input || (kMask == ReluMask::whichever && bias != nullptr);
  }

  /// The scale of the forward pass is invstd * weight, and its shift is the bias: `mean` is what
  /// was saved, and a product of two floats is the same rounded from double.
  FPANET_HD Channels fixed(const ColumnPlace& at) const {
    Channels of;
    of.mean = read_columns<kAligned, kWidth>(mean + at.column, at).values();
    if (recomputes_y()) {
      of.scale = read_columns<kAligned, kWidth>(invstd + at.column, at).values();
      const V factor = read_columns<kAligned, kWidth>(weight + at.column, at).values();
      FPANET_UNROLL
      for (int i = 0; i < kWidth; ++i) of.scale.at[i] *= factor.at[i];
      of.bias = read_columns<kAligned, kWidth>(bias + at.column, at).values();
    }
    return of;
  }

  FPANET_HD Loaded read(const ColumnPlace& at, Index row, bool needs_x) const {
    const Index i0 = row * channels + at.column;
    Loaded loaded;
    if (needs_x || recomputes_y()) loaded.x = read_columns<kAligned, kWidth>(x + i0, at);
    loaded.dy = read_columns<kAligned, kWidth>(dy + i0, at);
    if (reads_y()) loaded.y = read_columns<kAligned, kWidth>(y + i0, at);
    return loaded;
  }

  FPANET_HD V gradient(const Channels& of, const Loaded& loaded) const {
    V g = loaded.dy.values();
    if (!reads_y() && !recomputes_y()) return g;
    const V x_values = loaded.x.values();
    V out = loaded.y.values();
    FPANET_UNROLL
    for (int i = 0; i < kWidth; ++i) {
      if (recomputes_y()) {
        const float value =
            body::normalise(x_values.at[i], of.mean.at[i], of.scale.at[i], of.bias.at[i]);
        out.at[i] = static_cast<float>(static_cast<T>(value));
      }
      g.at[i] = body::relu_gradient(out.at[i], g.at[i]);
    }
    return g;
  }
};

/// Sums of g and of g (x - mean).
template <class T, bool kAligned, ReluMask kMask>
struct BatchNormGradientTerms {
  static constexpr int kSums = 2, kWidth = kVector<T>;
  static constexpr int kResident = kAligned ? 3 : 2;
  using V = Values<float, kWidth>;
  using Gradient = BatchNormOutputGradient<T, kAligned, kMask>;
  using Loaded = typename Gradient::Loaded;

  Gradient g;

  FPANET_HD typename Gradient::Channels fixed(const ColumnPlace& at) const { return g.fixed(at); }
  FPANET_HD Loaded read(const ColumnPlace& at, Index row) const { return g.read(at, row, true); }
  FPANET_HD void add(const typename Gradient::Channels& of, const Loaded& loaded, V* sums) const {
    const V values = loaded.x.values(), gradient = g.gradient(of, loaded);
    FPANET_UNROLL
    for (int i = 0; i < kWidth; ++i) {
      sums[0].at[i] += gradient.at[i];
      sums[1].at[i] += gradient.at[i] * (values.at[i] - of.mean.at[i]);
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
template <class T, bool kAligned, ReluMask kMask>
struct BatchNormGradientApply {
  static constexpr int kWidth = kVector<T>;
  static constexpr bool kManyCoefficients = kRounded<T> && kMask != ReluMask::none;
  static constexpr int kResident = !kAligned ? 2 : (kManyCoefficients ? 3 : 4);
  static constexpr int kRowsAtOnce = 1;  // its coefficients leave no registers for a second
  using V = Values<float, kWidth>;
  using Gradient = BatchNormOutputGradient<T, kAligned, kMask>;
  using Loaded = typename Gradient::Loaded;
  struct Fixed {
    typename Gradient::Channels of;
    V offset, slope;
  };

  Gradient g;
  T* dx;
  T* dresidual;
  Write write_dx, write_dresidual;
  const body::BatchNormSlopes<float>* slopes;

  FPANET_HD Fixed fixed(const ColumnPlace& at) const {
    Fixed f;
    f.of = g.fixed(at);
    FPANET_UNROLL
    for (int i = 0; i < kWidth; ++i) {
      if (!kAligned && i >= at.count) continue;
      const body::BatchNormSlopes<float> s = slopes[at.column + i];
      f.of.scale.at[i] = s.scale;  // the same as that of the forward pass
      f.offset.at[i] = s.offset;
      f.slope.at[i] = s.slope;
    }
    return f;
  }
  FPANET_HD Loaded read(const ColumnPlace& at, Index row) const {
    return g.read(at, row, dx != nullptr);
  }
  FPANET_HD void map(const Fixed& f, const ColumnPlace& at, Index row, const Loaded& loaded) const {
    const Index i0 = row * g.channels + at.column;
    const V gradient = g.gradient(f.of, loaded);
    if (dx != nullptr) {
      V values = loaded.x.values();
      FPANET_UNROLL
      for (int i = 0; i < kWidth; ++i) {
        values.at[i] = body::batch_norm_gradient(values.at[i], gradient.at[i], f.of.mean.at[i],
                                                 f.of.scale.at[i], f.offset.at[i], f.slope.at[i]);
      }
      store_columns<kAligned>(dx + i0, values, at, write_dx);
    }
    if (dresidual != nullptr) {
      store_columns<kAligned>(dresidual + i0, gradient, at, write_dresidual);
    }
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
  with_constant(images_fit<T>(cut.columns, args.x.data, args.residual, args.y), [&](auto aligned) {
    const BatchNormTrain<T, aligned()> sweep{cut, args, running, statistics};
    CudaGrid(cuda).run("batch_norm", cut.blocks(), sweep.shared_bytes(), sweep);
  });
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
  with_constant(images_fit<T>(cut.columns, args.x.data, args.residual, args.y), [&](auto aligned) {
    column_map(grid, "batch_norm", cut,
               BatchNormApply<T, aligned()>{args.x.data, args.residual, args.y, affine, 0,
                                            cut.columns, args.relu});
  });
}

/// f(constant, constant) for whether vectors can be read, and for the mask.
template <class T, class F>
void with_mask(bool aligned, bool reads_y, bool recomputes_y, const F& f) {
  using std::integral_constant;
  using Aligned = std::true_type;
  if (!aligned) {
    f(std::false_type{}, integral_constant<ReluMask, ReluMask::whichever>{});
  } else if (reads_y) {
    f(Aligned{}, integral_constant<ReluMask, ReluMask::output>{});
  } else if (!recomputes_y) {
    f(Aligned{}, integral_constant<ReluMask, ReluMask::none>{});
  } else if constexpr (std::is_same_v<T, bfloat16>) {
    f(Aligned{}, integral_constant<ReluMask, ReluMask::input>{});
  }
}

template <class T>
void batch_norm_backward(const Cuda& cuda, const BatchNormBackward<T>& args,
                         std::span<std::byte> workspace) {
  const CudaGrid grid(cuda);
  const Index channels = args.x.c;
  const ColumnTiles<T> cut(args.x.pixels(), channels);
  const BatchNormScratch<T> scratch(workspace, cut);
  auto* const slopes = static_cast<body::BatchNormSlopes<float>*>(scratch.per_channel);
  const float* const bias = std::is_same_v<T, bfloat16> ? args.bias : nullptr;
  const bool aligned =
      images_fit<T>(channels, args.x.data, args.y, args.dy, args.dx, args.dresidual) &&
      vectors_of_floats_fit(args.mean, args.invstd, args.weight, bias);
  with_mask<T>(
      aligned, args.y != nullptr && bias == nullptr, bias != nullptr,
      [&](auto is_aligned, auto mask) {
        const BatchNormOutputGradient<T, is_aligned(), mask()> gradient{
            args.x.data, args.y, args.dy, args.mean, args.invstd, args.weight, bias, channels};
        column_totals(grid, "batch_norm_backward", cut,
                      BatchNormGradientTerms<T, is_aligned(), mask()>{gradient}, scratch.partial,
                      BatchNormGradientFinish<T>{args, slopes});
        if (args.dx == nullptr && args.dresidual == nullptr) return;
        column_map(
            grid, "batch_norm_backward", cut,
            BatchNormGradientApply<T, is_aligned(), mask()>{
                gradient, args.dx, args.dresidual, args.write_dx, args.write_dresidual, slopes});
      });
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
