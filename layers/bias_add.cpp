#include "layers/bias_add.hpp"

#include "kernels/bias_add.hpp"
#include "layers/checks.hpp"
#include "layers/copy.hpp"
#include "layers/dispatch.hpp"

namespace fpanet {
namespace {

template <class T>
Matrices<const T> as_rows(const Tensor& x) {
  return {x.data<T>(), 1, rows(x.shape()), fastest(x.shape())};
}

class BiasGradient final : public Op {  // dy -> dbias
 public:
  std::string_view name() const override { return "bias_gradient"; }

  std::vector<Spec> infer(std::span<const Spec> in) const override {
    return {{{fastest(in[0].shape)}, real_dtype(in[0].dtype)}};
  }

  void run(const RunArgs& args) const override {
    dispatch(name(), args.context, args.in(0).dtype(), [&]<class T>(const auto& device, Type<T>) {
      kernels::bias_gradient<T>(device, as_rows<T>(args.in(0)), args.out().data<kernels::Real<T>>(),
                                args.write(), args.workspace);
    });
  }

  std::size_t workspace_bytes(const Context& context, std::span<const Spec> in) const override {
    return dispatch(name(), context, in[0].dtype, [&]<class T>(const auto& device, Type<T>) {
      return kernels::bias_gradient_workspace_bytes<T>(device, rows(in[0].shape),
                                                       fastest(in[0].shape));
    });
  }
};

class BiasAdd final : public Op {
 public:
  std::string_view name() const override { return "bias_add"; }

  std::vector<Spec> infer(std::span<const Spec> in) const override {
    const Spec &x = in[0], &bias = in[1];
    check::floating(name(), "x", x);
    check::dtype(name(), "bias", bias, real_dtype(x.dtype));
    require(bias.shape == Shape{fastest(x.shape)}, "bias_add: bias={} must be ({}), x={}",
            bias.shape, fastest(x.shape), x.shape);
    return {x};
  }

  void run(const RunArgs& args) const override {
    dispatch(name(), args.context, args.in(0).dtype(), [&]<class T>(const auto& device, Type<T>) {
      kernels::bias_add<T>(device, as_rows<T>(args.in(0)), args.in(1).data<kernels::Real<T>>(),
                           args.out().data<T>());
    });
  }

  void backward(BackwardRule& rule) const override {
    rule.emit(std::make_shared<Copy>(), {rule.gradient()}, {0});
    rule.emit(std::make_shared<BiasGradient>(), {rule.gradient()}, {1});
  }

  int in_place_input(std::size_t) const override { return 0; }
};

}  // namespace

Value bias_add(Value x, Value bias) {
  return x.graph().record_one(std::make_shared<BiasAdd>(), std::array{x, bias});
}

}  // namespace fpanet
