// Bytes a pixel of C classes, T = bfloat16: forward reads 2 C and a label, backward writes 2 C and
// reads a label.

#include "kernels/dice.hpp"

#include "kernels/cuda_columns.hpp"
#include "kernels/dice_body.hpp"
#include "kernels/scratch.hpp"

namespace fpanet::kernels {
namespace {

/// Shares of some classes in the loss, as arguments of a kernel: nothing is copied from the host.
struct ClassWeights {
  static constexpr Index kMost = 256;
  double at[kMost];
  Index first, count;
};

/// f(weights) for all classes, kMost at a time.
template <class F>
void for_class_weights(const DiceOptions& options, Index channels, const F& f) {
  for (Index first = 0; first < channels; first += ClassWeights::kMost) {
    ClassWeights weights{};
    weights.first = first;
    weights.count = channels - first < ClassWeights::kMost ? channels - first : ClassWeights::kMost;
    for (Index i = 0; i < weights.count; ++i) {
      weights.at[i] = options.weights[static_cast<std::size_t>(first + i)];
    }
    f(weights);
  }
}

FPANET_HD inline body::DiceClass class_sums(const double* sums, Index channels, Index c) {
  return {sums[c], sums[channels + c], sums[2 * channels + c]};
}

/// Sums of p t, p and t over the pixels that are not ignored.
template <class T>
struct DiceTerms {
  static constexpr int kSums = 3, kWidth = kVector<T>;
  struct Nothing {};

  const T* p;
  body::DiceLabels labels;
  bool one_hot, aligned;

  FPANET_HD Nothing fixed(const ColumnPlace&) const { return {}; }
  FPANET_HD void add(Nothing, const ColumnPlace& at, Index row, Values<float, kWidth>* sums) const {
    const auto values = load<kWidth>(p + row * labels.channels + at.column, at.count, aligned);
    FPANET_UNROLL
    for (int i = 0; i < kWidth; ++i) {
      if (i >= at.count) continue;
      const Index c = at.column + i;
      const std::int32_t label = labels.at(row, c);
      if (labels.ignored(label)) continue;
      const auto t = static_cast<float>(body::dice_target(one_hot, label, c));
      sums[0].at[i] += values.at[i] * t;
      sums[1].at[i] += values.at[i];
      sums[2].at[i] += t;
    }
  }
};

struct WriteClassSums {
  double* sums;
  Index channels;

  FPANET_HD void operator()(Index c, const double* totals) const {
    for (int k = 0; k < 3; ++k) sums[k * channels + c] = totals[k];
  }
};

/// Adds the losses of some classes, in order, to what the classes before them gave.
struct DiceLossKernel {
  static constexpr int kThreads = 32;

  const double* sums;
  Index channels;
  bool log_loss;
  double smooth, eps;
  ClassWeights weights;
  double* so_far;
  float* loss;

  template <class Block>
  FPANET_HD void operator()(const Block& block) const {
    block.each_freely([&](int thread) {
      if (thread > 0) return;
      double total = weights.first == 0 ? 0 : *so_far;
      for (Index i = 0; i < weights.count; ++i) {
        total += weights.at[i] *
                 class_sums(sums, channels, weights.first + i).loss(log_loss, smooth, eps);
      }
      *so_far = total;
      *loss = static_cast<float>(total);
    });
  }
};

struct DiceSlopesKernel {
  static constexpr int kThreads = 64;

  const double* sums;
  const float* dloss;
  Index channels;
  bool log_loss;
  double smooth, eps;
  ClassWeights weights;
  body::DiceSlopes* slopes;

  template <class Block>
  FPANET_HD void operator()(const Block& block) const {
    grid_stride(block, weights.count, [&](Index i) {
      const Index c = weights.first + i;
      const double outer = static_cast<double>(*dloss) * weights.at[i];
      const body::DiceSlopes s =
          body::dice_slopes(class_sums(sums, channels, c), log_loss, smooth, eps);
      slopes[c] = {outer * s.on_target, outer * s.everywhere};
    });
  }
};

template <class T>
struct DiceGradient {
  static constexpr int kWidth = kVector<T>;
  struct Fixed {
    body::DiceSlopes slopes[kWidth];
  };

  body::DiceLabels labels;
  const body::DiceSlopes* slopes;
  T* dp;
  Write write;
  bool one_hot, aligned;

  FPANET_HD Fixed fixed(const ColumnPlace& at) const {
    Fixed f;
    FPANET_UNROLL
    for (int i = 0; i < kWidth; ++i) {
      if (i < at.count) f.slopes[i] = slopes[at.column + i];
    }
    return f;
  }
  FPANET_HD void map(const Fixed& f, const ColumnPlace& at, Index row) const {
    Values<float, kWidth> values;
    FPANET_UNROLL
    for (int i = 0; i < kWidth; ++i) {
      if (i >= at.count) continue;
      const Index c = at.column + i;
      const std::int32_t label = labels.at(row, c);
      if (labels.ignored(label)) continue;
      values.at[i] = static_cast<float>(
          f.slopes[i].on_target * body::dice_target(one_hot, label, c) + f.slopes[i].everywhere);
    }
    store(dp + row * labels.channels + at.column, values, at.count, aligned, write);
  }
};

}  // namespace

template <class T>
std::size_t dice_workspace_bytes(const Cuda&, Index pixels, Index channels) {
  const ColumnTiles<T> cut(pixels, channels);
  return scratch_bytes<double>(cut.chunks * 3 * channels) + scratch_bytes<double>(1) +
         scratch_bytes<body::DiceSlopes>(channels) + kScratchAlignment;
}

template <class T>
void dice(const Cuda& cuda, View<const T> p, const std::int32_t* labels, const DiceOptions& options,
          Real<T>* loss, double* sums, std::span<std::byte> workspace) {
  const CudaGrid grid(cuda);
  const ColumnTiles<T> cut(p.pixels(), p.c);
  Scratch scratch(workspace);
  double* const partial = scratch.take<double>(cut.chunks * 3 * p.c);
  double* const so_far = scratch.take<double>(1);
  const DiceTerms<T> terms{p.data, body::DiceLabels(labels, p.c, options),
                           options.mode == DiceMode::multiclass, images_fit<T>(p.c, p.data)};
  column_totals(grid, "dice", cut, terms, partial, WriteClassSums{sums, p.c});
  for_class_weights(options, p.c, [&](const ClassWeights& weights) {
    grid.run("dice", 1, 0,
             DiceLossKernel{sums, p.c, options.log_loss, options.smooth, options.eps, weights,
                            so_far, loss});
  });
}

template <class T>
void dice_backward(const Cuda& cuda, const std::int32_t* labels, const double* sums,
                   const Real<T>* dloss, const DiceOptions& options, View<T> dp, Write write,
                   std::span<std::byte> workspace) {
  const CudaGrid grid(cuda);
  const Index channels = dp.c;
  auto* const slopes = Scratch(workspace).take<body::DiceSlopes>(channels);
  for_class_weights(options, channels, [&](const ClassWeights& weights) {
    grid.run("dice_backward", stride_blocks(weights.count, DiceSlopesKernel::kThreads), 0,
             DiceSlopesKernel{sums, dloss, channels, options.log_loss, options.smooth, options.eps,
                              weights, slopes});
  });
  column_map(
      grid, "dice_backward", ColumnTiles<T>(dp.pixels(), channels),
      DiceGradient<T>{body::DiceLabels(labels, channels, options), slopes, dp.data, write,
                      options.mode == DiceMode::multiclass, images_fit<T>(channels, dp.data)});
}

#define FPANET_INSTANTIATE(T)                                                                     \
  template void dice(const Cuda&, View<const T>, const std::int32_t*, const DiceOptions&, float*, \
                     double*, std::span<std::byte>);                                              \
  template void dice_backward(const Cuda&, const std::int32_t*, const double*, const float*,      \
                              const DiceOptions&, View<T>, Write, std::span<std::byte>);          \
  template std::size_t dice_workspace_bytes<T>(const Cuda&, Index, Index)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
