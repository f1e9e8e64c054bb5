#include "layers/high_pass.hpp"

#include "kernels/high_pass.hpp"
#include "layers/checks.hpp"
#include "layers/dispatch.hpp"

namespace fpanet {
namespace {

class HighPass final : public Op {
 public:
  explicit HighPass(Index radius) : radius_(radius) {}

  std::string_view name() const override { return "high_pass"; }
  std::vector<OpAttribute> attributes() const override {
    return {{"radius", static_cast<double>(radius_)}};
  }

  std::vector<Spec> infer(std::span<const Spec> in) const override {
    const Shape& s = in[0].shape;
    check::image(name(), "x", in[0]);
    require(radius_ >= 0, "high_pass: radius {} is negative", radius_);
    require(s[2] > radius_ && s[3] > radius_,
            "high_pass: x={} must be at least {} pixels high and wide for radius {}", s,
            radius_ + 1, radius_);
    return {in[0]};
  }

  void run(const RunArgs& args) const override {
    dispatch(name(), args.context, args.in(0).dtype(), [&]<class T>(const auto& device, Type<T>) {
      kernels::high_pass<T>(device, view4<const T>(args.in(0)), radius_, view4<T>(args.out()),
                            args.write(), args.workspace);
    });
  }

  void backward(BackwardRule& rule) const override {
    rule.emit(std::make_shared<HighPass>(radius_), {rule.gradient()}, {0});
  }

  std::size_t workspace_bytes(const Context& context, std::span<const Spec> in) const override {
    const Shape& s = in[0].shape;
    return dispatch(name(), context, in[0].dtype, [&]<class T>(const auto& device, Type<T>) {
      return kernels::high_pass_workspace_bytes<T>(device, s[0], s[1], s[2], s[3], radius_);
    });
  }

  Cost cost(std::span<const Spec> in, std::span<const Spec> out) const override {
    Cost cost = Op::cost(in, out);
    cost.flops = 4.0 * static_cast<double>((radius_ + 1) * in[0].shape.numel());
    return cost;
  }

  int in_place_input(std::size_t) const override { return 0; }

 private:
  Index radius_;
};

}  // namespace

Value high_pass(Value x, Index radius) {
  return x.graph().record_one(std::make_shared<HighPass>(radius), std::array{x});
}

}  // namespace fpanet
