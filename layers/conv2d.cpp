#include "layers/conv2d.hpp"

#include "kernels/conv2d.hpp"
#include "layers/checks.hpp"
#include "layers/dispatch.hpp"

namespace fpanet {
namespace {

using kernels::Conv2dGeometry;
using kernels::Conv2dPass;
using kernels::Real;

Cost conv2d_cost(const Conv2dGeometry& g, std::span<const Spec> in, std::span<const Spec> out) {
  Cost cost{.flops = 2 * static_cast<double>(g.macs()), .bytes = 0};
  for (const Spec& spec : in) cost.bytes += static_cast<double>(spec.bytes());
  for (const Spec& spec : out) cost.bytes += static_cast<double>(spec.bytes());
  return cost;
}

/// The backward ops store the geometry of the forward convolution, which their inputs do not
/// determine.
class Conv2dBackward : public Op {
 public:
  Conv2dBackward(const Conv2dGeometry& g, const Spec& gradient) : g_(g), gradient_(gradient) {}

  std::string parameters() const override {
    return fmt::format("kernel={}x{} stride={} padding={}", g_.kernel_h, g_.kernel_w, g_.stride,
                       g_.padding);
  }
  std::vector<Spec> infer(std::span<const Spec>) const override { return {gradient_}; }
  Cost cost(std::span<const Spec> in, std::span<const Spec> out) const override {
    return conv2d_cost(g_, in, out);
  }

 protected:
  void announce_pass(const Context& context, Conv2dPass pass, DType dtype) const {
    if (const Cuda* const cuda = std::get_if<Cuda>(&context)) {
      kernels::conv2d_announce(*cuda, pass, g_, dtype);
    }
  }
  std::string choice(const Context& context, Conv2dPass pass, DType dtype) const {
    return std::visit(
        [&](const auto& device) {
          return std::string(kernels::conv2d_implementation(device, pass, g_, dtype));
        },
        context);
  }

  Conv2dGeometry g_;
  Spec gradient_;
};

class Conv2dBackwardInput final : public Conv2dBackward {  // dy, weight -> dx
 public:
  using Conv2dBackward::Conv2dBackward;
  std::string_view name() const override { return "conv2d_backward_input"; }

  void run(const RunArgs& args) const override {
    dispatch(name(), args.context, args.in(0).dtype(), [&]<class T>(const auto& device, Type<T>) {
      kernels::conv2d_backward_input<T>(device, g_, args.in(0).data<T>(), args.in(1).data<T>(),
                                        args.out().data<T>(), args.write(), args.workspace);
    });
  }

  void announce(const Context& context, std::span<const Spec> in) const override {
    announce_pass(context, Conv2dPass::backward_input, in[0].dtype);
  }

  std::size_t workspace_bytes(const Context& context, std::span<const Spec> in) const override {
    return dispatch(name(), context, in[0].dtype, [&]<class T>(const auto& device, Type<T>) {
      return kernels::conv2d_backward_input_workspace_bytes<T>(device, g_);
    });
  }

  std::string implementation(const Context& context, std::span<const Spec> in) const override {
    return choice(context, Conv2dPass::backward_input, in[0].dtype);
  }
};

class Conv2dBackwardWeight final : public Conv2dBackward {  // x, dy -> dweight
 public:
  using Conv2dBackward::Conv2dBackward;
  std::string_view name() const override { return "conv2d_backward_weight"; }

  void run(const RunArgs& args) const override {
    dispatch(name(), args.context, args.in(0).dtype(), [&]<class T>(const auto& device, Type<T>) {
      kernels::conv2d_backward_weight<T>(device, g_, args.in(0).data<T>(), args.in(1).data<T>(),
                                         args.out().data<Real<T>>(), args.write(), args.workspace);
    });
  }

  void announce(const Context& context, std::span<const Spec> in) const override {
    announce_pass(context, Conv2dPass::backward_weight, in[0].dtype);
  }

  std::size_t workspace_bytes(const Context& context, std::span<const Spec> in) const override {
    return dispatch(name(), context, in[0].dtype, [&]<class T>(const auto& device, Type<T>) {
      return kernels::conv2d_backward_weight_workspace_bytes<T>(device, g_);
    });
  }

  std::string implementation(const Context& context, std::span<const Spec> in) const override {
    return choice(context, Conv2dPass::backward_weight, in[0].dtype);
  }
};

class Conv2dBackwardBias final : public Conv2dBackward {  // dy -> dbias
 public:
  using Conv2dBackward::Conv2dBackward;
  std::string_view name() const override { return "conv2d_backward_bias"; }

  void run(const RunArgs& args) const override {
    dispatch(name(), args.context, args.in(0).dtype(), [&]<class T>(const auto& device, Type<T>) {
      kernels::conv2d_backward_bias<T>(device, g_, args.in(0).data<T>(), args.out().data<Real<T>>(),
                                       args.write(), args.workspace);
    });
  }

  std::size_t workspace_bytes(const Context& context, std::span<const Spec> in) const override {
    return dispatch(name(), context, in[0].dtype, [&]<class T>(const auto& device, Type<T>) {
      return kernels::conv2d_backward_bias_workspace_bytes<T>(device, g_);
    });
  }

  Cost cost(std::span<const Spec> in, std::span<const Spec> out) const override {
    return Op::cost(in, out);
  }
};

class Conv2dOp : public Op {
 public:
  explicit Conv2dOp(Conv2dParams params) : params_(params) {}

  std::string_view name() const override { return "conv2d"; }
  std::vector<OpAttribute> attributes() const override {
    return {{"stride", static_cast<double>(params_.stride)},
            {"padding", static_cast<double>(params_.padding)}};
  }

  std::vector<Spec> infer(std::span<const Spec> in) const override {
    const Spec &x = in[0], &w = in[1];
    check::image(name(), "x", x);
    check::image(name(), "weight", w);
    const std::string where = fmt::format("(x={}, weight={}, stride={}, padding={})", x.shape,
                                          w.shape, params_.stride, params_.padding);
    require(params_.stride >= 1 && params_.padding >= 0,
            "conv2d: stride must be at least 1 and padding at least 0 {}", where);
    require(x.dtype == w.dtype, "conv2d: x is {} but weight is {} {}", name_of(x.dtype),
            name_of(w.dtype), where);
    require(x.shape[1] == w.shape[1], "conv2d: x has C={} but weight expects C_in={} {}",
            x.shape[1], w.shape[1], where);
    for (const int axis : {2, 3}) {
      const Index padded = x.shape[axis] + 2 * params_.padding;
      require(padded >= w.shape[axis],
              "conv2d: the kernel is larger than the padded image, {} > {} {}", w.shape[axis],
              padded, where);
    }
    if (in.size() >= 3) {
      check::dtype(name(), "bias", in[2], real_dtype(x.dtype));
      require(in[2].shape == Shape{w.shape[0]}, "conv2d: bias={} but C_out={} {}", in[2].shape,
              w.shape[0], where);
    }
    const Conv2dGeometry g = conv2d_geometry(x.shape, w.shape, params_);
    return {{{g.n, g.c_out, g.out_h(), g.out_w()}, x.dtype}};
  }

  void run(const RunArgs& args) const override {
    const Conv2dGeometry g = conv2d_geometry(args.in(0).shape(), args.in(1).shape(), params_);
    dispatch(name(), args.context, args.in(0).dtype(), [&]<class T>(const auto& device, Type<T>) {
      const Real<T>* const bias = args.inputs.size() == 3 ? args.in(2).data<Real<T>>() : nullptr;
      kernels::conv2d<T>(device, g, args.in(0).data<T>(), args.in(1).data<T>(), {.bias = bias},
                         args.out().data<T>(), args.workspace);
    });
  }

  void backward(BackwardRule& rule) const override {
    const Value x = rule.input(0), w = rule.input(1), dy = rule.gradient();
    const Conv2dGeometry g = conv2d_geometry(x.shape(), w.shape(), params_);
    // dx comes last: x is no longer needed by then, so dx can use its memory.
    rule.emit(
        std::make_shared<Conv2dBackwardWeight>(g, Spec{w.shape(), real_dtype(w.spec().dtype)}),
        {rule.saved_input(0), dy}, {1});
    if (rule.input_count() == 3) {
      rule.emit(std::make_shared<Conv2dBackwardBias>(g, rule.input(2).spec()), {dy}, {2});
    }
    rule.emit(std::make_shared<Conv2dBackwardInput>(g, x.spec()), {dy, w}, {0});
  }

  void announce(const Context& context, std::span<const Spec> in) const override {
    if (const Cuda* const cuda = std::get_if<Cuda>(&context)) {
      kernels::conv2d_announce(*cuda, Conv2dPass::forward,
                               conv2d_geometry(in[0].shape, in[1].shape, params_), in[0].dtype,
                               epilogue(in.size()));
    }
  }

  std::size_t workspace_bytes(const Context& context, std::span<const Spec> in) const override {
    const Conv2dGeometry g = conv2d_geometry(in[0].shape, in[1].shape, params_);
    return dispatch(name(), context, in[0].dtype, [&]<class T>(const auto& device, Type<T>) {
      return kernels::conv2d_workspace_bytes<T>(device, g, epilogue(in.size()));
    });
  }

  std::string implementation(const Context& context, std::span<const Spec> in) const override {
    const Conv2dGeometry g = conv2d_geometry(in[0].shape, in[1].shape, params_);
    return std::visit(
        [&](const auto& device) {
          return std::string(kernels::conv2d_implementation(device, Conv2dPass::forward, g,
                                                            in[0].dtype, epilogue(in.size())));
        },
        context);
  }

  Cost cost(std::span<const Spec> in, std::span<const Spec> out) const override {
    return conv2d_cost(conv2d_geometry(in[0].shape, in[1].shape, params_), in, out);
  }

 protected:
  /// The epilogue that run() applies to y, given the number of inputs.
  virtual kernels::Conv2dEpilogueParts epilogue(std::size_t inputs) const {
    return {.bias = inputs == 3};
  }

  Conv2dParams params_;
};

/// x, weight -> y, statistics
class Conv2dWithStatisticsOp final : public Conv2dOp {
 public:
  using Conv2dOp::Conv2dOp;

  std::string_view name() const override { return "conv2d_with_statistics"; }

  std::vector<Spec> infer(std::span<const Spec> in) const override {
    std::vector<Spec> out = Conv2dOp::infer(in);
    out.push_back({{2, in[1].shape[0]}, DType::f64});
    return out;
  }

  void run(const RunArgs& args) const override {
    const Conv2dGeometry g = conv2d_geometry(args.in(0).shape(), args.in(1).shape(), params_);
    dispatch(name(), args.context, args.in(0).dtype(), [&]<class T>(const auto& device, Type<T>) {
      kernels::conv2d<T>(device, g, args.in(0).data<T>(), args.in(1).data<T>(),
                         {.statistics = args.out(1).data<double>()}, args.out(0).data<T>(),
                         args.workspace);
    });
  }

  void backward(BackwardRule& rule) const override {
    require(!rule.has_gradient(1),
            "conv2d_with_statistics: a gradient reached the statistics, which have none; only a "
            "batch norm may read them");
    Conv2dOp::backward(rule);
  }

 protected:
  kernels::Conv2dEpilogueParts epilogue(std::size_t) const override { return {.statistics = true}; }
};

/// x, weight, bias [, residual] -> [relu](conv2d(x, weight) + bias [+ residual])
class Conv2dFused final : public Conv2dOp {
 public:
  Conv2dFused(Conv2dParams params, bool relu, bool residual)
      : Conv2dOp(params), relu_(relu), residual_(residual) {}

  std::string_view name() const override { return "conv2d_fused"; }
  std::vector<OpAttribute> attributes() const override {
    std::vector<OpAttribute> attributes = Conv2dOp::attributes();
    attributes.push_back({"relu", relu_ ? 1.0 : 0.0});
    return attributes;
  }
  std::string parameters() const override {
    return Conv2dOp::parameters() + (residual_ ? " +residual" : "");
  }

  std::vector<Spec> infer(std::span<const Spec> in) const override {
    std::vector<Spec> out = Conv2dOp::infer(in);
    if (residual_) check::same(name(), "y", out[0], "residual", in[kResidual]);
    return out;
  }

  void run(const RunArgs& args) const override {
    const Conv2dGeometry g = conv2d_geometry(args.in(0).shape(), args.in(1).shape(), params_);
    dispatch(name(), args.context, args.in(0).dtype(), [&]<class T>(const auto& device, Type<T>) {
      const kernels::Conv2dEpilogue<T> epilogue{
          .bias = args.in(2).data<Real<T>>(),
          .residual = residual_ ? args.in(kResidual).data<T>() : nullptr,
          .relu = relu_};
      kernels::conv2d<T>(device, g, args.in(0).data<T>(), args.in(1).data<T>(), epilogue,
                         args.out().data<T>(), args.workspace);
    });
  }

  void backward(BackwardRule& rule) const override { Op::backward(rule); }
  bool differentiable() const override { return false; }

 private:
  static constexpr std::size_t kResidual = 3;

  bool relu_, residual_;
};

}  // namespace

Conv2dGeometry conv2d_geometry(const Shape& x, const Shape& w, Conv2dParams p) {
  return {x[0], x[1], x[2], x[3], w[0], w[2], w[3], p.stride, p.padding};
}

Value conv2d(Value x, Value weight, std::optional<Value> bias, Conv2dParams params) {
  std::vector<Value> inputs{x, weight};
  if (bias) inputs.push_back(*bias);
  return x.graph().record_one(std::make_shared<Conv2dOp>(params), inputs);
}

Conv2dWithStatistics conv2d_with_statistics(Value x, Value weight, Conv2dParams params) {
  const auto out =
      x.graph().record(std::make_shared<Conv2dWithStatisticsOp>(params), std::array{x, weight});
  return {out[0], out[1]};
}

Value conv2d_fused(Value x, Value weight, Value bias, std::optional<Value> residual,
                   Conv2dParams params, bool relu) {
  std::vector<Value> inputs{x, weight, bias};
  if (residual) inputs.push_back(*residual);
  return x.graph().record_one(std::make_shared<Conv2dFused>(params, relu, residual.has_value()),
                              inputs);
}

}  // namespace fpanet
