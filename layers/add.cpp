#include "layers/add.hpp"

#include "kernels/add.hpp"
#include "layers/checks.hpp"
#include "layers/copy.hpp"
#include "layers/dispatch.hpp"

namespace fpanet {
namespace {

class Add final : public Op {
 public:
  std::string_view name() const override { return "add"; }

  std::vector<Spec> infer(std::span<const Spec> in) const override {
    check::floating(name(), "a", in[0]);
    check::same(name(), "a", in[0], "b", in[1]);
    return {in[0]};
  }

  void run(const RunArgs& args) const override {
    dispatch(name(), args.context, args.in(0).dtype(), [&]<class T>(const auto& device, Type<T>) {
      kernels::add<T>(device, args.in(0).span<T>(), args.in(1).span<T>(), args.out().span<T>());
    });
  }

  void backward(BackwardRule& rule) const override {
    rule.emit(std::make_shared<Copy>(), {rule.gradient()}, {0});
    rule.emit(std::make_shared<Copy>(), {rule.gradient()}, {1});
  }

  int in_place_input(std::size_t) const override { return 0; }
};

}  // namespace

Value add(Value a, Value b) {
  return a.graph().record_one(std::make_shared<Add>(), std::array{a, b});
}

}  // namespace fpanet
