#pragma once
// Batch normalisation with an optional residual and ReLU in the same sweep. The formulas are in
// kernels/batch_norm.hpp.

#include <optional>

#include "layers/batch_reduction.hpp"

namespace fpanet {

/// The state of a BatchNorm2d: four values of shape (C) and an i64 counter of one element.
struct BatchNormState {
  Value weight;
  Value bias;
  Value running_mean;         ///< updated in training
  Value running_var;          ///< updated in training, with the unbiased variance
  Value num_batches_tracked;  ///< updated in training
};

struct BatchNormParams {
  bool training = false;  ///< normalise with the batch's statistics and update the running ones
  bool relu = false;
  double eps = 1e-5;
  double momentum = 0.1;
  /// If given, training normalises over the whole batch, of which x is a part: the reduction stands
  /// between the statistics of x and y, and between the sums of the gradient and dx. It must outlive
  /// the recording of the backward pass.
  const BatchReduction* reduction = nullptr;
};

/// y = [relu](weight * (x - mean) / sqrt(var + eps) + bias [+ residual]), x (N,C,H,W), residual
/// shaped like x. Training needs more than one value per channel. `statistics` (2,C) f64 are the
/// mean and the biased variance of x, if the convolution before it has computed them
/// (conv2d_with_statistics). They save one read of x.
Value batch_norm(Value x, const BatchNormState& state, const BatchNormParams& params,
                 std::optional<Value> residual = std::nullopt,
                 std::optional<Value> statistics = std::nullopt);

/// y = [relu]((x - mean) * scale + shift): recomputes the result of a batch norm on the CPU, for
/// backward, from x, its mean (C) and the factors (2,C), which are scale and shift. No gradient.
Value batch_norm_recompute(Value x, Value mean, Value factors, bool relu);

}  // namespace fpanet
