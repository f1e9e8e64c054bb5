#include "layers/high_pass.hpp"

#include "kernels/high_pass.hpp"
#include "layers/checks.hpp"
#include "layers/dispatch.hpp"

namespace fpanet {
namespace {

class HighPass final : public Op {
 public:
  std::string_view name() const override { return "high_pass"; }

  std::vector<Spec> infer(std::span<const Spec> in) const override {
    const Shape& s = in[0].shape;
    check::image(name(), "x", in[0]);
    require(s[2] >= kernels::kLowFrequencies && s[3] >= kernels::kLowFrequencies,
            "high_pass: x={} must be at least {} pixels high and wide", s,
            kernels::kLowFrequencies);
    return {in[0]};
  }

  void run(const RunArgs& args) const override {
    dispatch(name(), args.context, args.in(0).dtype(), [&]<class T>(const auto& device, Type<T>) {
      kernels::high_pass<T>(device, view4<const T>(args.in(0)), view4<T>(args.out()), args.write(),
                            args.workspace);
    });
  }

  void backward(BackwardRule& rule) const override {
    rule.emit(std::make_shared<HighPass>(), {rule.gradient()}, {0});
  }

  std::size_t workspace_bytes(const Context& context, std::span<const Spec> in) const override {
    const Shape& s = in[0].shape;
    return dispatch(name(), context, in[0].dtype, [&]<class T>(const auto& device, Type<T>) {
      return kernels::high_pass_workspace_bytes<T>(device, s[0], s[1], s[2], s[3]);
    });
  }

  Cost cost(std::span<const Spec> in, std::span<const Spec> out) const override {
    Cost cost = Op::cost(in, out);
    cost.flops = 4.0 * kernels::kLowFrequencies * static_cast<double>(in[0].shape.numel());
    return cost;
  }

  int in_place_input(std::size_t) const override { return 0; }
};

}  // namespace

Value high_pass(Value x) {
  return x.graph().record_one(std::make_shared<HighPass>(), std::array{x});
}

}  // namespace fpanet
