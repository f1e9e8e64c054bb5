#include "layers/batch_norm.hpp"

#include <algorithm>

#include "kernels/batch_norm.hpp"
#include "layers/channel_statistics.hpp"
#include "layers/checks.hpp"
#include "layers/dispatch.hpp"

namespace fpanet {
namespace {

std::size_t scratch_of(std::string_view name, const Context& context, const Spec& x) {
  return dispatch(name, context, x.dtype, [&]<class T>(const auto& device, Type<T>) {
    return kernels::batch_norm_workspace_bytes<T>(device, rows(x.shape), fastest(x.shape));
  });
}

/// What the backward of a batch norm reads: x, dy, weight, mean, invstd [, with relu: y [, bias without
/// residual], or the forward's factors].
struct BatchNormReads {
  BatchNormParams params;
  bool residual, from_x;
  Index batch_pixels;

  std::size_t count() const {
    if (from_x) return 6;
    return params.relu ? (residual ? 6 : 7) : 5;
  }

  template <class T>
  kernels::BatchNormBackward<T> arguments(const RunArgs& args) const {
    using R = kernels::Real<T>;
    kernels::BatchNormBackward<T> b{.x = view4<const T>(args.in(0)),
                                    .dy = args.in(1).data<T>(),
                                    .weight = args.in(2).data<R>(),
                                    .mean = args.in(3).data<R>(),
                                    .invstd = args.in(4).data<R>(),
                                    .batch_pixels = batch_pixels,
                                    .batch_statistics = params.training};
    if (from_x) {
      b.scale = args.in(5).data<R>();
      b.shift = b.scale + fastest(args.in(0).shape());
    } else if (params.relu) {
      b.y = args.in(5).data<T>();
      if (!residual) b.bias = args.in(6).data<R>();
    }
    return b;
  }
};

/// The reads -> sums (2,C) of the gradient, where a reduction stands between them and dx.
class BatchNormGradientSums final : public Op {
 public:
  explicit BatchNormGradientSums(const BatchNormReads& reads) : reads_(reads) {}

  std::string_view name() const override { return "batch_norm_gradient_sums"; }

  std::vector<Spec> infer(std::span<const Spec> in) const override {
    return {{{2, in[0].shape[1]}, DType::f64}};
  }

  void run(const RunArgs& args) const override {
    dispatch(name(), args.context, args.in(0).dtype(), [&]<class T>(const auto& device, Type<T>) {
      kernels::batch_norm_gradient_sums<T>(device, reads_.arguments<T>(args),
                                           args.out().data<double>(), args.workspace);
    });
  }

  std::size_t workspace_bytes(const Context& context, std::span<const Spec> in) const override {
    return scratch_of(name(), context, in[0]);
  }

 private:
  BatchNormReads reads_;
};

/// The reads [, sums of the gradient here and over the whole batch] -> dx, dweight, dbias
/// [, dresidual]
class BatchNormBackward final : public Op {
 public:
  explicit BatchNormBackward(const BatchNormReads& reads) : reads_(reads) {}

  std::string_view name() const override { return "batch_norm_backward"; }

  std::vector<Spec> infer(std::span<const Spec> in) const override {
    std::vector<Spec> specs{in[0], in[2], in[2]};
    if (reads_.residual) specs.push_back(in[0]);
    return specs;
  }

  void run(const RunArgs& args) const override {
    dispatch(name(), args.context, args.in(0).dtype(), [&]<class T>(const auto& device, Type<T>) {
      using R = kernels::Real<T>;
      kernels::BatchNormBackward<T> b = reads_.arguments<T>(args);
      b.dx = data_or_null<T>(args.out(0));
      b.dweight = data_or_null<R>(args.out(1));
      b.dbias = data_or_null<R>(args.out(2));
      b.write_dx = args.write(0);
      b.write_dweight = args.write(1);
      b.write_dbias = args.write(2);
      if (reads_.residual) {
        b.dresidual = data_or_null<T>(args.out(3));
        b.write_dresidual = args.write(3);
      }
      const std::size_t sums = reads_.count();
      if (args.inputs.size() == sums) {
        kernels::batch_norm_backward<T>(device, b, args.workspace);
      } else {
        kernels::batch_norm_gradients<T>(device, b, args.in(sums).data<double>(),
                                         args.in(sums + 1).data<double>(), args.workspace);
      }
    });
  }

  std::size_t workspace_bytes(const Context& context, std::span<const Spec> in) const override {
    return scratch_of(name(), context, in[0]);
  }

  int in_place_input(std::size_t output) const override {
    return output == (reads_.residual ? 3 : 0) ? 1 : -1;
  }

 private:
  BatchNormReads reads_;
};

/// x, mean, factors -> y
class BatchNormRecompute final : public Op {
 public:
  explicit BatchNormRecompute(bool relu) : relu_(relu) {}

  std::string_view name() const override { return "batch_norm_recompute"; }
  std::string parameters() const override { return relu_ ? "+relu" : ""; }

  std::vector<Spec> infer(std::span<const Spec> in) const override {
    const Spec& x = in[0];
    check::image(name(), "x", x);
    const Index channels = x.shape[1];
    const std::string why = fmt::format("x={}", x.shape);
    check::shape(name(), "mean", in[1], {channels}, why);
    check::shape(name(), "factors", in[2], {2, channels}, why);
    return {x};
  }

  void run(const RunArgs& args) const override {
    dispatch_cpu(name(), args.context, args.in(0).dtype(), [&]<class T>(const Cpu& cpu, Type<T>) {
      using R = kernels::Real<T>;
      kernels::BatchNormForward<T> forward{.x = view4<const T>(args.in(0)),
                                           .relu = relu_,
                                           .y = args.out().data<T>(),
                                           .mean = args.in(1).data<R>(),
                                           .scale = args.in(2).data<R>()};
      forward.shift = forward.scale + forward.x.c;
      kernels::batch_norm_recompute<T>(cpu, forward);
    });
  }

  bool differentiable() const override { return false; }

 private:
  bool relu_;
};

/// x, weight, bias, running_mean, running_var, num_batches_tracked [, residual] [, statistics]
/// -> y, mean, invstd [, factors (2,C): scale and shift, from which backward recomputes the mask of
/// the relu]
class BatchNorm final : public Op {
 public:
  struct Parts {
    bool residual, statistics, factors;
    Index batch_pixels;  ///< 0: those of x
  };

  BatchNorm(const BatchNormParams& params, const Parts& parts)
      : params_(params),
        residual_(parts.residual),
        statistics_(parts.statistics),
        factors_(parts.factors),
        batch_pixels_(parts.batch_pixels) {}

  static constexpr std::size_t kResidual = 6;

  std::string_view name() const override { return "batch_norm"; }
  std::vector<OpAttribute> attributes() const override {
    return {{"training", params_.training ? 1.0 : 0.0},
            {"relu", params_.relu ? 1.0 : 0.0},
            {"eps", params_.eps}};
  }
  std::string parameters() const override {
    return fmt::format("{}{}{}{} eps={} momentum={}", params_.training ? "train" : "eval",
                       statistics_ ? " +statistics" : "", residual_ ? " +residual" : "",
                       params_.relu ? " +relu" : "", params_.eps, params_.momentum);
  }

  std::vector<Spec> infer(std::span<const Spec> in) const override {
    const Spec& x = in[0];
    check::image(name(), "x", x);
    const Spec per_channel{{x.shape[1]}, real_dtype(x.dtype)};
    constexpr std::array kPerChannel = {"x", "weight", "bias", "running_mean", "running_var"};
    for (std::size_t i = 1; i < kPerChannel.size(); ++i) {
      check::dtype(name(), kPerChannel[i], in[i], per_channel.dtype);
      require(in[i].shape == per_channel.shape, "batch_norm: {}={} but x has C={} (x={})",
              kPerChannel[i], in[i].shape, x.shape[1], x.shape);
    }
    check::dtype(name(), "num_batches_tracked", in[5], DType::i64);
    require(in[5].shape.numel() == 1, "batch_norm: num_batches_tracked={} must have one element",
            in[5].shape);
    if (residual_) check::same(name(), "x", x, "residual", in[kResidual]);
    if (statistics_) {
      require(params_.training, "batch_norm: statistics of x={} are given outside training",
              x.shape);
      check::dtype(name(), "statistics", in.back(), DType::f64);
      check::shape(name(), "statistics", in.back(), {2, x.shape[1]}, fmt::format("x={}", x.shape));
    }
    require(!params_.training || std::max(batch_pixels_, rows(x.shape)) > 1,
            "batch_norm: training needs more than one value per channel, got x={}", x.shape);
    if (factors_) return {x, per_channel, per_channel, {{2, x.shape[1]}, per_channel.dtype}};
    return {x, per_channel, per_channel};
  }

  void run(const RunArgs& args) const override {
    dispatch(name(), args.context, args.in(0).dtype(), [&]<class T>(const auto& device, Type<T>) {
      using R = kernels::Real<T>;
      kernels::BatchNormForward<T> forward{
          .x = view4<const T>(args.in(0)),
          .statistics = statistics_ ? args.inputs.back().data<double>() : nullptr,
          .batch_pixels = batch_pixels_,
          .weight = args.in(1).data<R>(),
          .bias = args.in(2).data<R>(),
          .residual = residual_ ? args.in(kResidual).data<T>() : nullptr,
          .relu = params_.relu,
          .eps = params_.eps,
          .y = args.out(0).data<T>(),
          .mean = args.out(1).data<R>(),
          .invstd = args.out(2).data<R>()};
      if (factors_) {
        forward.scale = args.out(3).data<R>();
        forward.shift = forward.scale + forward.x.c;
      }
      R* const running_mean = args.in(3).data<R>();
      R* const running_var = args.in(4).data<R>();
      if (params_.training) {
        const kernels::RunningStatistics<T> running{.mean = running_mean,
                                                    .var = running_var,
                                                    .batches = args.in(5).data<std::int64_t>(),
                                                    .momentum = params_.momentum};
        kernels::batch_norm_train<T>(device, forward, running, args.workspace);
      } else {
        kernels::batch_norm_eval<T>(device, forward, running_mean, running_var, args.workspace);
      }
    });
  }

  void backward(BackwardRule& rule) const override {
    std::vector<Value> inputs{rule.input(0), rule.gradient(), rule.input(1), rule.output(1),
                              rule.output(2)};
    if (params_.relu) inputs.push_back(rule.output(factors_ ? 3 : 0));
    if (params_.relu && !residual_ && !factors_) inputs.push_back(rule.input(2));
    std::vector<int> gradient_of{0, 1, 2};
    if (residual_) gradient_of.push_back(static_cast<int>(kResidual));
    const BatchNormReads reads{params_, residual_, factors_, batch_pixels_};
    if (params_.training && params_.reduction != nullptr) {
      const Value sums = rule.record(std::make_shared<BatchNormGradientSums>(reads), inputs)[0];
      inputs.push_back(sums);
      inputs.push_back(params_.reduction->total_of_gradients(sums));
    }
    rule.emit(std::make_shared<BatchNormBackward>(reads), inputs, gradient_of);
  }

  std::size_t workspace_bytes(const Context& context, std::span<const Spec> in) const override {
    return scratch_of(name(), context, in[0]);
  }

  bool updates(std::size_t input) const override {
    return params_.training && input >= 3 && input <= 5;
  }

  /// Recomputing y takes one sweep over x, which is kept for backward in any case.
  std::optional<Recompute> recompute() const override {
    if (!factors_) return std::nullopt;
    return Recompute{std::make_shared<BatchNormRecompute>(params_.relu), {0}, {1, 3}};
  }

  int in_place_input(std::size_t output) const override {
    if (output != 0) return -1;
    if (!params_.training) return 0;
    return residual_ ? static_cast<int>(kResidual) : -1;
  }

 private:
  BatchNormParams params_;
  bool residual_, statistics_, factors_;
  Index batch_pixels_;
};

}  // namespace

Value batch_norm(Value x, const BatchNormState& state, const BatchNormParams& params,
                 std::optional<Value> residual, std::optional<Value> statistics) {
  const BatchReduction* const reduction = params.training ? params.reduction : nullptr;
  Index batch_pixels = 0;
  if (reduction != nullptr) {
    const Index pixels = rows(x.shape());
    batch_pixels = reduction->whole_pixels(pixels);
    if (!statistics) statistics = channel_statistics(x);
    statistics = reduction->whole_statistics(*statistics, pixels);
  }
  std::vector<Value> inputs{x,
                            state.weight,
                            state.bias,
                            state.running_mean,
                            state.running_var,
                            state.num_batches_tracked};
  if (residual) inputs.push_back(*residual);
  if (statistics) inputs.push_back(*statistics);
  // The Cpu half can do without y in backward, unless the residual hides what x alone would tell.
  const bool on_cpu = std::holds_alternative<Cpu>(x.graph().context());
  const BatchNorm::Parts parts{.residual = residual.has_value(),
                               .statistics = statistics.has_value(),
                               .factors = on_cpu && params.relu && !residual,
                               .batch_pixels = batch_pixels};
  return x.graph().record(std::make_shared<BatchNorm>(params, parts), inputs)[0];
}

Value batch_norm_recompute(Value x, Value mean, Value factors, bool relu) {
  return x.graph().record_one(std::make_shared<BatchNormRecompute>(relu),
                              std::array{x, mean, factors});
}

}  // namespace fpanet
