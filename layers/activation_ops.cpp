// The ops declared in layers/activation.hpp.

#include "kernels/activation.hpp"
#include "kernels/argmax.hpp"
#include "layers/activation.hpp"
#include "layers/checks.hpp"
#include "layers/dispatch.hpp"

namespace fpanet {
namespace {

class SigmoidBackward final : public Op {  // y, dy -> dx
 public:
  std::string_view name() const override { return "sigmoid_backward"; }
  std::vector<Spec> infer(std::span<const Spec> in) const override { return {in[0]}; }
  void run(const RunArgs& args) const override {
    dispatch(name(), args.context, args.in(0).dtype(), [&]<class T>(const auto& device, Type<T>) {
      kernels::sigmoid_backward<T>(device, args.in(0).span<T>(), args.in(1).span<T>(),
                                   args.out().span<T>(), args.write());
    });
  }
  int in_place_input(std::size_t) const override { return 1; }
};

class Sigmoid final : public Op {
 public:
  std::string_view name() const override { return "sigmoid"; }
  std::vector<Spec> infer(std::span<const Spec> in) const override {
    check::floating(name(), "x", in[0]);
    return {in[0]};
  }
  void run(const RunArgs& args) const override {
    dispatch(name(), args.context, args.in(0).dtype(), [&]<class T>(const auto& device, Type<T>) {
      kernels::sigmoid<T>(device, args.in(0).span<T>(), args.out().span<T>());
    });
  }
  void backward(BackwardRule& rule) const override {
    rule.emit(std::make_shared<SigmoidBackward>(), {rule.output(), rule.gradient()}, {0});
  }
  int in_place_input(std::size_t) const override { return 0; }
};

class TanhBackward final : public Op {  // y, dy -> dx
 public:
  std::string_view name() const override { return "tanh_backward"; }
  std::vector<Spec> infer(std::span<const Spec> in) const override { return {in[0]}; }
  void run(const RunArgs& args) const override {
    dispatch(name(), args.context, args.in(0).dtype(), [&]<class T>(const auto& device, Type<T>) {
      kernels::tanh_backward<T>(device, args.in(0).span<T>(), args.in(1).span<T>(),
                                args.out().span<T>(), args.write());
    });
  }
  int in_place_input(std::size_t) const override { return 1; }
};

class Tanh final : public Op {
 public:
  std::string_view name() const override { return "tanh"; }
  std::vector<Spec> infer(std::span<const Spec> in) const override {
    check::floating(name(), "x", in[0]);
    return {in[0]};
  }
  void run(const RunArgs& args) const override {
    dispatch(name(), args.context, args.in(0).dtype(), [&]<class T>(const auto& device, Type<T>) {
      kernels::tanh<T>(device, args.in(0).span<T>(), args.out().span<T>());
    });
  }
  void backward(BackwardRule& rule) const override {
    rule.emit(std::make_shared<TanhBackward>(), {rule.output(), rule.gradient()}, {0});
  }
  int in_place_input(std::size_t) const override { return 0; }
};

class ClampBackward final : public Op {  // x, dy -> dx
 public:
  ClampBackward(double low, double high) : low_(low), high_(high) {}

  std::string_view name() const override { return "clamp_backward"; }
  std::vector<Spec> infer(std::span<const Spec> in) const override { return {in[0]}; }
  void run(const RunArgs& args) const override {
    dispatch(name(), args.context, args.in(0).dtype(), [&]<class T>(const auto& device, Type<T>) {
      kernels::clamp_backward<T>(device, args.in(0).span<T>(), args.in(1).span<T>(), low_, high_,
                                 args.out().span<T>(), args.write());
    });
  }
  int in_place_input(std::size_t) const override { return 1; }

 private:
  double low_, high_;
};

class Clamp final : public Op {
 public:
  Clamp(double low, double high) : low_(low), high_(high) {}

  std::string_view name() const override { return "clamp"; }
  std::vector<OpAttribute> attributes() const override { return {{"low", low_}, {"high", high_}}; }
  std::vector<Spec> infer(std::span<const Spec> in) const override {
    check::floating(name(), "x", in[0]);
    require(low_ <= high_, "clamp: low={} is above high={}", low_, high_);
    return {in[0]};
  }
  void run(const RunArgs& args) const override {
    dispatch(name(), args.context, args.in(0).dtype(), [&]<class T>(const auto& device, Type<T>) {
      kernels::clamp<T>(device, args.in(0).span<T>(), low_, high_, args.out().span<T>());
    });
  }
  void backward(BackwardRule& rule) const override {
    rule.emit(std::make_shared<ClampBackward>(low_, high_), {rule.input(0), rule.gradient()}, {0});
  }
  int in_place_input(std::size_t) const override { return 0; }

 private:
  double low_, high_;
};

class Argmax final : public Op {
 public:
  std::string_view name() const override { return "argmax"; }
  std::vector<Spec> infer(std::span<const Spec> in) const override {
    check::floating(name(), "x", in[0]);
    const Shape& s = in[0].shape;
    require((s.rank() == 4 || s.rank() == 2) && fastest(s) >= 1,
            "argmax: x={} is not (N,C,H,W) or (N,C) with C of at least 1", s);
    if (s.rank() == 2) return {{{s[0], 1}, DType::i32}};
    return {{{s[0], 1, s[2], s[3]}, DType::i32}};
  }
  void run(const RunArgs& args) const override {
    const Tensor& x = args.in(0);
    dispatch(name(), args.context, x.dtype(), [&]<class T>(const auto& device, Type<T>) {
      kernels::argmax<T>(device, {x.data<T>(), 1, rows(x.shape()), fastest(x.shape())},
                         args.out().data<std::int32_t>());
    });
  }
  bool differentiable() const override { return false; }
};

}  // namespace

Value sigmoid(Value x) {
  return x.graph().record_one(std::make_shared<Sigmoid>(), std::array{x});
}

Value tanh(Value x) {
  return x.graph().record_one(std::make_shared<Tanh>(), std::array{x});
}

Value clamp(Value x, double low, double high) {
  return x.graph().record_one(std::make_shared<Clamp>(low, high), std::array{x});
}

Value argmax(Value x) {
  return x.graph().record_one(std::make_shared<Argmax>(), std::array{x});
}

}  // namespace fpanet
