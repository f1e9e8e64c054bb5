#pragma once
// The smallest ops that exercise the graph: elementwise scaling, sum of two, total.

#include <memory>

#include "engine/core/error.hpp"
#include "engine/graph/graph.hpp"

namespace fpanet::toy {

/// y = factor * x, in place when the plan allows.
class Scale : public Op {
 public:
  explicit Scale(double factor) : factor_(factor) {}
  std::string_view name() const override { return "scale"; }
  std::vector<Spec> infer(std::span<const Spec> inputs) const override { return {inputs[0]}; }
  void run(const RunArgs& args) const override {
    const std::span<double> x = args.in(0).span<double>(), y = args.out().span<double>();
    for (std::size_t i = 0; i < x.size(); ++i) store(y[i], factor_ * x[i], args.write());
  }
  void backward(BackwardRule& rule) const override {
    rule.emit(std::make_shared<Scale>(factor_), {rule.gradient()}, {0});
  }
  int in_place_input(std::size_t) const override { return 0; }

 private:
  double factor_;
};

/// y = x * x; its backward reads x.
class Square : public Op {
 public:
  std::string_view name() const override { return "square"; }
  std::vector<Spec> infer(std::span<const Spec> inputs) const override { return {inputs[0]}; }
  void run(const RunArgs& args) const override {
    const std::span<double> x = args.in(0).span<double>(), y = args.out().span<double>();
    for (std::size_t i = 0; i < x.size(); ++i) store(y[i], x[i] * x[i], args.write());
  }
  void backward(BackwardRule& rule) const override;
};

/// dx = 2 x dy.
class SquareBackward : public Op {
 public:
  std::string_view name() const override { return "square_backward"; }
  std::vector<Spec> infer(std::span<const Spec> inputs) const override { return {inputs[0]}; }
  void run(const RunArgs& args) const override {
    const std::span<double> dy = args.in(0).span<double>(), x = args.in(1).span<double>();
    const std::span<double> dx = args.out().span<double>();
    for (std::size_t i = 0; i < x.size(); ++i) store(dx[i], 2 * x[i] * dy[i], args.write());
  }
};

inline void Square::backward(BackwardRule& rule) const {
  rule.emit(std::make_shared<SquareBackward>(), {rule.gradient(), rule.input(0)}, {0});
}

/// dy copied to both addends.
class Fork : public Op {
 public:
  std::string_view name() const override { return "fork"; }
  std::vector<Spec> infer(std::span<const Spec> inputs) const override {
    return {inputs[0], inputs[0]};
  }
  void run(const RunArgs& args) const override {
    const std::span<double> dy = args.in(0).span<double>();
    for (std::size_t o = 0; o < 2; ++o) {
      if (!args.wants(o)) continue;
      const std::span<double> dx = args.out(o).span<double>();
      for (std::size_t i = 0; i < dy.size(); ++i) store(dx[i], dy[i], args.write(o));
    }
  }
};

/// y = a + b.
class Plus : public Op {
 public:
  std::string_view name() const override { return "plus"; }
  std::vector<Spec> infer(std::span<const Spec> inputs) const override {
    require(inputs[0] == inputs[1], "plus: {} and {} differ", inputs[0].shape, inputs[1].shape);
    return {inputs[0]};
  }
  void run(const RunArgs& args) const override {
    const std::span<double> a = args.in(0).span<double>(), b = args.in(1).span<double>();
    const std::span<double> y = args.out().span<double>();
    for (std::size_t i = 0; i < y.size(); ++i) store(y[i], a[i] + b[i], args.write());
  }
  void backward(BackwardRule& rule) const override {
    rule.emit(std::make_shared<Fork>(), {rule.gradient()}, {0, 1});
  }
};

/// dx = dy in every element.
class Spread : public Op {
 public:
  explicit Spread(Shape shape) : shape_(shape) {}
  std::string_view name() const override { return "spread"; }
  std::vector<Spec> infer(std::span<const Spec> inputs) const override {
    return {{shape_, inputs[0].dtype}};
  }
  void run(const RunArgs& args) const override {
    const double dy = args.in(0).data<double>()[0];
    for (double& dx : args.out().span<double>()) store(dx, dy, args.write());
  }

 private:
  Shape shape_;
};

/// y = sum of x, through a workspace to see that one arrives.
class Total : public Op {
 public:
  std::string_view name() const override { return "total"; }
  std::vector<Spec> infer(std::span<const Spec> inputs) const override {
    return {{Shape{}, inputs[0].dtype}};
  }
  std::size_t workspace_bytes(const Context&, std::span<const Spec>) const override {
    return sizeof(double);
  }
  void run(const RunArgs& args) const override {
    require(args.workspace.size() >= sizeof(double), "total: no workspace");
    double& sum = *reinterpret_cast<double*>(args.workspace.data());
    sum = 0;
    for (const double x : args.in(0).span<double>()) sum += x;
    args.out().data<double>()[0] = sum;
  }
  void backward(BackwardRule& rule) const override {
    rule.emit(std::make_shared<Spread>(rule.input(0).shape()), {rule.gradient()}, {0});
  }
};

inline Value apply(std::shared_ptr<const Op> op, std::initializer_list<Value> inputs) {
  return inputs.begin()->graph().record_one(std::move(op), inputs);
}
inline Value scale(Value x, double factor) {
  return apply(std::make_shared<Scale>(factor), {x});
}
inline Value square(Value x) {
  return apply(std::make_shared<Square>(), {x});
}
inline Value plus(Value a, Value b) {
  return apply(std::make_shared<Plus>(), {a, b});
}
inline Value total(Value x) {
  return apply(std::make_shared<Total>(), {x});
}

inline Tensor filled(const Shape& shape, double first) {
  const Tensor tensor = Tensor::empty(shape, DType::f64);
  for (double& value : tensor.span<double>()) value = first++;
  return tensor;
}

}  // namespace fpanet::toy
