#pragma once
// Computes the loss, and the slopes of its gradient, from the sums of Dice over all pixels. Shared
// by the Cuda implementations of dice.hpp and softmax_dice.hpp.

#include "kernels/cuda/columns.hpp"
#include "kernels/dice_body.hpp"

namespace fpanet::kernels {

/// Weights of some classes in the loss, passed as kernel arguments, so that nothing is copied from
/// the host.
struct ClassWeights {
  static constexpr Index kMost = 256;
  double at[kMost];
  Index first, count;
};

/// Calls f(weights) for all classes, at most kMost at a time.
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

struct WriteClassSums {
  double* sums;
  Index channels;

  FPANET_HD void operator()(Index c, const double* totals) const {
    for (int k = 0; k < 3; ++k) sums[k * channels + c] = totals[k];
  }
};

/// Adds the losses of some classes, in order, to the total of the previous classes.
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
                 body::dice_class(sums, channels, weights.first + i).loss(log_loss, smooth, eps);
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
      slopes[c] = body::dice_slopes(body::dice_class(sums, channels, c), log_loss, smooth, eps)
                      .times(outer);
    });
  }
};

/// Computes the loss from the sums of all classes; `so_far` is scratch for one number.
inline void dice_loss_of(const CudaGrid& grid, const double* sums, Index channels,
                         const DiceOptions& options, double* so_far, float* loss) {
  for_class_weights(options, channels, [&](const ClassWeights& weights) {
    grid.run("dice", 1, 0,
             DiceLossKernel{sums, channels, options.log_loss, options.smooth, options.eps, weights,
                            so_far, loss});
  });
}

/// Computes slopes[c] of all classes, multiplied by dloss.
inline void dice_slopes_of(const CudaGrid& grid, const double* sums, const float* dloss,
                           Index channels, const DiceOptions& options, body::DiceSlopes* slopes) {
  for_class_weights(options, channels, [&](const ClassWeights& weights) {
    grid.run("dice_backward", stride_blocks(weights.count, DiceSlopesKernel::kThreads), 0,
             DiceSlopesKernel{sums, dloss, channels, options.log_loss, options.smooth, options.eps,
                              weights, slopes});
  });
}

}  // namespace fpanet::kernels
