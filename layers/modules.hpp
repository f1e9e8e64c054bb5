#pragma once
// Modules: the building blocks that own parameters. A module registers its parameters when it is
// constructed, in PyTorch's state-dict order, and records ops when it is called.

#include <optional>

#include "layers/init.hpp"
#include "layers/scope.hpp"

namespace fpanet {

struct Conv2dOptions {
  Index in_channels = 0;
  Index out_channels = 0;
  Index kernel = 1;
  Index stride = 1;
  Index padding = 0;
  bool bias = true;
  Initializer initializer = {};                      ///< of the weight
  Initializer bias_initializer = init::constant(0);  ///< of the bias, if there is one
};

class BatchNorm2d;

/// The operations after convolution and batch norm, done in the same sweep over memory.
struct ConvNormEnd {
  bool relu = false;
  std::optional<Value> residual = std::nullopt;  ///< added before the relu
};

/// weight (C_out,C_in,K,K), bias (C_out). Computes in x's dtype. If the weight has another dtype,
/// its twin is used instead.
class Conv2d {
 public:
  Conv2d(const Scope& scope, const Conv2dOptions& options);
  Value operator()(const Forward& forward, Value x) const;

 private:
  friend Value conv_norm(const Forward&, const Conv2d&, const BatchNorm2d&, Value,
                         const ConvNormEnd&);
  friend ConvNormParameters parameters_of(const Conv2d&, const BatchNorm2d*);

  Index stride_;
  Index padding_;
  Parameter weight_;
  std::optional<Parameter> bias_;
};

/// weight, bias, running_mean, running_var (C) and num_batches_tracked; eps 1e-5, momentum 0.1.
class BatchNorm2d {
 public:
  BatchNorm2d(const Scope& scope, Index channels);
  /// [relu](bn(x) [+ residual]) in one sweep. In training, `statistics` of x are used if given.
  Value operator()(const Forward& forward, Value x, const ConvNormEnd& end = {},
                   std::optional<Value> statistics = std::nullopt) const;

 private:
  friend ConvNormParameters parameters_of(const Conv2d&, const BatchNorm2d*);

  Parameter weight_;
  Parameter bias_;
  Parameter running_mean_;
  Parameter running_var_;
  Parameter num_batches_tracked_;
};

/// [relu](norm(conv(x)) [+ residual]). Records two nodes, of which the convolution passes its
/// statistics to the batch norm in training, or a single convolution if norms are folded.
Value conv_norm(const Forward& forward, const Conv2d& conv, const BatchNorm2d& norm, Value x,
                const ConvNormEnd& end = {});

/// The identity path of a residual block whose shape changes.
struct Downsample {
  Conv2d conv;
  BatchNorm2d norm;
};

/// SMP's Conv2dReLU with a 3x3 kernel: Sequential(0: conv, 1: batch norm, 2: ReLU). Without batch
/// norm the convolution has a bias.
class Conv2dReLU {
 public:
  Conv2dReLU(const Scope& scope, Index in_channels, Index out_channels, bool use_batchnorm);
  Value operator()(const Forward& forward, Value x) const;
  /// Applies the module to upsample2x_concat(x, skip), or to upsample2x(x) without a skip.
  Value upsampled(const Forward& forward, Value x, std::optional<Value> skip) const;

 private:
  Conv2d conv_;
  std::optional<BatchNorm2d> norm_;
};

/// weight (out,in), bias (out). Computes in the parameters' dtype.
class Linear {
 public:
  Linear(const Scope& scope, Index in_features, Index out_features, Initializer initializer);
  Value operator()(const Forward& forward, Value x) const;

 private:
  Parameter weight_;
  Parameter bias_;
};

}  // namespace fpanet
