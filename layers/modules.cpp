#include "layers/modules.hpp"

#include "layers/batch_norm.hpp"
#include "layers/cast.hpp"
#include "layers/conv2d.hpp"
#include "layers/linear.hpp"
#include "layers/relu.hpp"
#include "layers/upsample2x.hpp"

namespace fpanet {

Conv2d::Conv2d(const Scope& scope, const Conv2dOptions& options)
    : stride_(options.stride),
      padding_(options.padding),
      weight_(scope.parameter(
          "weight", {options.out_channels, options.in_channels, options.kernel, options.kernel},
          options.initializer)) {
  if (options.bias) {
    bias_ = scope.parameter("bias", {options.out_channels}, options.bias_initializer);
  }
}

Value Conv2d::operator()(const Forward& forward, Value x) const {
  if (forward.folded != nullptr && !forward.training && bias_) {
    return forward.folded->convolve(x, parameters_of(*this, nullptr),
                                    {.stride = stride_, .padding = padding_}, false, std::nullopt);
  }
  const auto bias = bias_ ? std::optional<Value>(bias_->in(forward.graph)) : std::nullopt;
  return conv2d(x, weight_.in(forward.graph, x.dtype()), bias,
                {.stride = stride_, .padding = padding_});
}

BatchNorm2d::BatchNorm2d(const Scope& scope, Index channels)
    : weight_(scope.parameter("weight", {channels}, init::constant(1))),
      bias_(scope.parameter("bias", {channels}, init::constant(0))),
      running_mean_(scope.buffer("running_mean", {channels}, init::constant(0))),
      running_var_(scope.buffer("running_var", {channels}, init::constant(1))),
      num_batches_tracked_(scope.counter("num_batches_tracked")) {}

Value BatchNorm2d::operator()(const Forward& forward, Value x, const ConvNormEnd& end,
                              std::optional<Value> statistics) const {
  Graph& graph = forward.graph;
  const BatchNormState state{.weight = weight_.in(graph),
                             .bias = bias_.in(graph),
                             .running_mean = running_mean_.in(graph),
                             .running_var = running_var_.in(graph),
                             .num_batches_tracked = num_batches_tracked_.in(graph)};
  return batch_norm(
      x, state, {.training = forward.training, .relu = end.relu, .reduction = forward.reduction},
      end.residual, statistics);
}

// The parameters as FoldedWeights takes them. norm may be null.
ConvNormParameters parameters_of(const Conv2d& conv, const BatchNorm2d* norm) {
  ConvNormParameters parameters{.weight = conv.weight_, .bias = conv.bias_};
  if (norm != nullptr) {
    parameters.norm = NormParameters{.gamma = norm->weight_,
                                     .beta = norm->bias_,
                                     .running_mean = norm->running_mean_,
                                     .running_var = norm->running_var_,
                                     .eps = BatchNormParams{}.eps};
  }
  return parameters;
}

Value conv_norm(const Forward& forward, const Conv2d& conv, const BatchNorm2d& norm, Value x,
                const ConvNormEnd& end) {
  const Conv2dParams params{.stride = conv.stride_, .padding = conv.padding_};
  if (forward.training && !conv.bias_) {
    const auto [y, statistics] =
        conv2d_with_statistics(x, conv.weight_.in(forward.graph, x.dtype()), params);
    return norm(forward, y, end, statistics);
  }
  if (forward.folded == nullptr || forward.training) return norm(forward, conv(forward, x), end);
  return forward.folded->convolve(x, parameters_of(conv, &norm), params, end.relu, end.residual);
}

Conv2dReLU::Conv2dReLU(const Scope& scope, Index in_channels, Index out_channels,
                       bool use_batchnorm)
    : conv_(scope / "0",
            {.in_channels = in_channels,
             .out_channels = out_channels,
             .kernel = 3,
             .padding = 1,
             .bias = !use_batchnorm,
             .initializer = init::kaiming_uniform_fan_in({out_channels, in_channels, 3, 3})}) {
  if (use_batchnorm) norm_.emplace(scope / "1", out_channels);
}

Value Conv2dReLU::operator()(const Forward& forward, Value x) const {
  if (norm_) return conv_norm(forward, conv_, *norm_, x, {.relu = true});
  return relu(conv_(forward, x));
}

Value Conv2dReLU::upsampled(const Forward& forward, Value x, std::optional<Value> skip) const {
  if (forward.folded != nullptr && !forward.training) {
    const auto y = forward.folded->convolve_upsampled(
        x, skip, parameters_of(conv_, norm_ ? &*norm_ : nullptr), true);
    if (y) return *y;
  }
  return (*this)(forward, skip ? upsample2x_concat(x, *skip) : upsample2x(x));
}

Linear::Linear(const Scope& scope, Index in_features, Index out_features, Initializer initializer)
    : weight_(scope.parameter("weight", {out_features, in_features}, std::move(initializer))),
      bias_(scope.parameter("bias", {out_features}, init::constant(0))) {}

Value Linear::operator()(const Forward& forward, Value x) const {
  const Value weight = weight_.in(forward.graph);
  return linear(in_dtype(x, weight.dtype()), weight, bias_.in(forward.graph));
}

}  // namespace fpanet
