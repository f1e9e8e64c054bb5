#include "layers/conv2d_prepared.hpp"

#include "layers/checks.hpp"
#include "layers/dispatch.hpp"

namespace fpanet {
namespace {

using kernels::Conv2dGeometry;

class Conv2dPrepared final : public Op {  // x, prepared, bias [, residual]
 public:
  Conv2dPrepared(const Conv2dGeometry& g, bool relu, bool residual)
      : g_(g), relu_(relu), residual_(residual) {}

  std::string_view name() const override { return "conv2d_prepared"; }
  std::string parameters() const override {
    return fmt::format("kernel={}x{} stride={} padding={}{}{}", g_.kernel_h, g_.kernel_w, g_.stride,
                       g_.padding, residual_ ? " +residual" : "", relu_ ? " +relu" : "");
  }

  std::vector<Spec> infer(std::span<const Spec> in) const override {
    const Spec &x = in[0], &prepared = in[1], &bias = in[2];
    require(x.shape == Shape{g_.n, g_.c_in, g_.h, g_.w},
            "{}: x={} but the weight is prepared for ({},{},{},{})", name(), x.shape, g_.n, g_.c_in,
            g_.h, g_.w);
    check::dtype(name(), "prepared", prepared, x.dtype);
    check::dtype(name(), "bias", bias, real_dtype(x.dtype));
    require(bias.shape == Shape{g_.c_out}, "{}: bias={} but C_out={}", name(), bias.shape,
            g_.c_out);
    const Spec y{{g_.n, g_.c_out, g_.out_h(), g_.out_w()}, x.dtype};
    if (residual_) check::same(name(), "y", y, "residual", in[kResidual]);
    return {y};
  }

  void run(const RunArgs& args) const override {
    dispatch_cpu(name(), args.context, args.in(0).dtype(), [&]<class T>(const Cpu& cpu, Type<T>) {
      const kernels::Conv2dEpilogue<T> epilogue{
          .bias = args.in(2).data<kernels::Real<T>>(),
          .residual = residual_ ? args.in(kResidual).data<T>() : nullptr,
          .relu = relu_};
      kernels::conv2d_prepared<T>(cpu, g_, args.in(0).data<T>(), args.in(1).data<T>(), epilogue,
                                  args.out().data<T>(), args.workspace);
    });
  }

  std::size_t workspace_bytes(const Context& context, std::span<const Spec> in) const override {
    return dispatch_cpu(name(), context, in[0].dtype, [&]<class T>(const Cpu& cpu, Type<T>) {
      const Index needed = kernels::conv2d_prepared_numel<T>(cpu, g_);
      require(in[1].shape == Shape{needed}, "{}: prepared={} but ({}) is needed", name(),
              in[1].shape, needed);
      return kernels::conv2d_prepared_workspace_bytes<T>(cpu, g_);
    });
  }

  std::string implementation(const Context& context, std::span<const Spec> in) const override {
    return dispatch_cpu(name(), context, in[0].dtype, [&]<class T>(const Cpu& cpu, Type<T>) {
      return std::string(kernels::conv2d_prepared_implementation(cpu, g_, in[0].dtype));
    });
  }

  Cost cost(std::span<const Spec> in, std::span<const Spec> out) const override {
    Cost cost = Op::cost(in, out);
    cost.flops = 2 * static_cast<double>(g_.macs());
    return cost;
  }

  bool differentiable() const override { return false; }

 private:
  static constexpr std::size_t kResidual = 3;

  Conv2dGeometry g_;
  bool relu_, residual_;
};

}  // namespace

Value conv2d_prepared(const Conv2dGeometry& g, Value x, Value prepared, Value bias,
                      std::optional<Value> residual, bool relu) {
  std::vector<Value> inputs{x, prepared, bias};
  if (residual) inputs.push_back(*residual);
  return x.graph().record_one(std::make_shared<Conv2dPrepared>(g, relu, residual.has_value()),
                              inputs);
}

}  // namespace fpanet
