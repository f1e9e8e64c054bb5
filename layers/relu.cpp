#include "layers/relu.hpp"

#include "kernels/relu.hpp"
#include "layers/checks.hpp"
#include "layers/dispatch.hpp"

namespace fpanet {
namespace {

class ReluBackward final : public Op {  // y, dy -> dx
 public:
  std::string_view name() const override { return "relu_backward"; }

  std::vector<Spec> infer(std::span<const Spec> in) const override { return {in[0]}; }

  void run(const RunArgs& args) const override {
    dispatch(name(), args.context, args.in(0).dtype(), [&]<class T>(const auto& device, Type<T>) {
      kernels::relu_backward<T>(device, args.in(0).span<T>(), args.in(1).span<T>(),
                                args.out().span<T>(), args.write());
    });
  }

  int in_place_input(std::size_t) const override { return 1; }
};

class Relu final : public Op {
 public:
  std::string_view name() const override { return "relu"; }

  std::vector<Spec> infer(std::span<const Spec> in) const override {
    check::floating(name(), "x", in[0]);
    return {in[0]};
  }

  void run(const RunArgs& args) const override {
    dispatch(name(), args.context, args.in(0).dtype(), [&]<class T>(const auto& device, Type<T>) {
      kernels::relu<T>(device, args.in(0).span<T>(), args.out().span<T>());
    });
  }

  void backward(BackwardRule& rule) const override {
    rule.emit(std::make_shared<ReluBackward>(), {rule.output(), rule.gradient()}, {0});
  }

  int in_place_input(std::size_t) const override { return 0; }
};

}  // namespace

Value relu(Value x) {
  return x.graph().record_one(std::make_shared<Relu>(), std::array{x});
}

}  // namespace fpanet
