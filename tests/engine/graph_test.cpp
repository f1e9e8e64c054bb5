#include <doctest/doctest.h>

#include <algorithm>

#include "tests/engine/toy_ops.hpp"

using namespace fpanet;
using namespace fpanet::toy;

namespace {

Graph eager() {
  return Graph(Cpu{}, Graph::Mode::eager);
}

}  // namespace

TEST_CASE("eager mode computes as it records") {
  Graph g(Cpu{}, Graph::Mode::eager);
  const Value x = g.input("x", filled({3}, 1));
  const Value y = total(square(scale(x, 2)));
  CHECK(g.tensor(y).data<double>()[0] == 4 * (1 + 4 + 9));
  CHECK(g.nodes().size() == 3);
}

TEST_CASE("a value used twice gets the sum of both gradients, assigned first, then accumulated") {
  Graph g(Cpu{}, Graph::Mode::eager);
  const Value x = g.input("x", filled({2}, 3), true);
  g.backward(total(plus(square(x), scale(x, 10))));
  CHECK(g.tensor(*g.gradient(x)).data<double>()[0] == 2 * 3 + 10);
  CHECK(g.tensor(*g.gradient(x)).data<double>()[1] == 2 * 4 + 10);

  int assigned = 0, accumulated = 0;
  for (const Node& node : g.nodes()) {
    for (const NodeOutput& output : node.outputs) {
      if (output.value != g.gradient(x)->id()) continue;
      (output.write == Write::assign ? assigned : accumulated)++;
    }
  }
  CHECK(assigned == 1);
  CHECK(accumulated == 1);
}

TEST_CASE("the same value as both inputs of one node") {
  Graph g(Cpu{}, Graph::Mode::eager);
  const Value x = g.input("x", filled({2}, 3), true);
  g.backward(total(plus(x, x)));
  CHECK(g.tensor(*g.gradient(x)).data<double>()[1] == 2);
}

TEST_CASE("a view shares memory and gradient") {
  Graph g(Cpu{}, Graph::Mode::eager);
  const Value x = g.input("x", filled({2, 3}, 1), true);
  const Value flat = g.view(square(x), {6});
  g.backward(total(plus(flat, scale(flat, 2))));
  const Value dx = *g.gradient(x);
  CHECK(dx.shape() == Shape{2, 3});
  CHECK(g.tensor(dx).data<double>()[5] == 3 * 2 * 6);
  CHECK_THROWS_AS(g.view(x, {5}), Error);
}

TEST_CASE("parameters are found by name and their gradients land in the given memory") {
  Graph g(Cpu{}, Graph::Mode::eager);
  const Tensor value = filled({2}, 1), gradient = filled({2}, 99), frozen = filled({2}, 5);
  const Value p = g.parameter("p", value, gradient);
  CHECK(g.parameter("p", value, gradient) == p);
  const Value q = g.parameter("q", frozen, Tensor());
  g.parameter("unused", filled({1}, 0), filled({1}, 0));
  g.backward(total(plus(plus(square(p), p), q)));
  CHECK(gradient.data<double>()[0] == 3);
  CHECK(gradient.data<double>()[1] == 5);
  CHECK_FALSE(g.gradient(q).has_value());
  CHECK(g.trained_parameters() == std::vector<std::string>{"p"});
  CHECK_THROWS_AS(g.parameter("p", filled({2}, 1), gradient), Error);
}

TEST_CASE("backward refuses what cannot work") {
  Graph g(Cpu{}, Graph::Mode::eager);
  const Value x = g.input("x", filled({2}, 1), true);
  CHECK_THROWS_WITH_AS(g.backward(x), "backward: the loss must have one element, got (2)", Error);
  const Value c = g.input("c", filled({2}, 1));
  CHECK_THROWS_AS(g.backward(total(c)), Error);
  const Value loss = total(x);
  g.backward(loss);
  CHECK_THROWS_WITH_AS(g.backward(loss), "backward: this graph already has its backward pass",
                       Error);

  Graph other = eager();
  const Value y = other.input("y", filled({2}, 1));
  CHECK_THROWS_AS(plus(x, y), Error);
  CHECK_THROWS_AS(plus(x, Value()), Error);

  class NoGradient : public Scale {
   public:
    NoGradient() : Scale(1) {}
    std::string_view name() const override { return "no_gradient"; }
    void backward(BackwardRule& rule) const override { Op::backward(rule); }
  };
  Graph third = eager();
  const Value z = third.input("z", filled({2}, 1), true);
  const Value sum = total(third.record_one(std::make_shared<NoGradient>(), {&z, 1}));
  CHECK_THROWS_WITH_AS(third.backward(sum), "no_gradient: has no gradient, but one was asked for",
                       Error);
}

namespace {

/// y = x * w with x and y in f64 and w in f32: an op that reads a twin.
class Weighted : public Op {
 public:
  std::string_view name() const override { return "weighted"; }
  std::vector<Spec> infer(std::span<const Spec> inputs) const override {
    require(inputs[1].dtype == DType::f32, "weighted: w must be f32");
    return {inputs[0]};
  }
  void run(const RunArgs& args) const override {
    const std::span<double> x = args.in(0).span<double>(), y = args.out().span<double>();
    const std::span<float> w = args.in(1).span<float>();
    for (std::size_t i = 0; i < x.size(); ++i) store(y[i], x[i] * w[i], args.write());
  }
  void backward(BackwardRule& rule) const override;
};

/// dw = x * dy, in f64: the gradient of the master, whose dtype it has.
class WeightedBackward : public Weighted {
 public:
  std::vector<Spec> infer(std::span<const Spec> inputs) const override { return {inputs[0]}; }
  void run(const RunArgs& args) const override {
    const std::span<double> x = args.in(0).span<double>(), dy = args.in(1).span<double>();
    const std::span<double> dw = args.out().span<double>();
    for (std::size_t i = 0; i < x.size(); ++i) store(dw[i], x[i] * dy[i], args.write());
  }
};

void Weighted::backward(BackwardRule& rule) const {
  rule.emit(std::make_shared<WeightedBackward>(), {rule.input(0), rule.gradient()}, {1});
}

}  // namespace

TEST_CASE("a twin is read in its own dtype, and its gradient is the parameter's") {
  Graph g = eager();
  const Tensor memory = filled({2}, 3), gradient = Tensor::zeros({2}, DType::f64);
  const Tensor low = filled({2}, 5).cast(DType::f32);  // not the parameter's: which one was read?
  const Value w = g.parameter("w", memory, gradient);
  const Value twin = g.twin(w, low);
  CHECK(g.twin(w, low) == twin);
  const Value x = g.input("x", filled({2}, 10));
  const Value y = apply(std::make_shared<Weighted>(), {x, twin});
  CHECK(g.tensor(y).data<double>()[1] == 11 * 6);
  // The parameter itself is used, too: both contributions meet in one slot.
  g.backward(total(plus(y, scale(w, 7))));
  CHECK(gradient.data<double>()[0] == 10 + 7);
  CHECK(gradient.data<double>()[1] == 11 + 7);
  CHECK(*g.gradient(twin) == *g.gradient(w));
  CHECK(g.trained_parameters() == std::vector<std::string>{"w"});
}

TEST_CASE("a twin must fit its parameter") {
  Graph g = eager();
  const Value w = g.parameter("w", filled({2}, 3), {});
  const Value x = g.input("x", filled({2}, 3));
  CHECK_THROWS_WITH_AS(g.twin(w, Tensor::zeros({3}, DType::f32)),
                       "twin: f32 (3) cannot stand for parameter 'w' (2)", Error);
  CHECK_THROWS_WITH_AS(g.twin(x, Tensor::zeros({2}, DType::f32)),
                       "twin: f32 (2) cannot stand for input 'x' (2)", Error);
}

/// x^2 whose backward reads x as it was saved.
class SquareOfSaved : public Square {
 public:
  void backward(BackwardRule& rule) const override {
    const Value x = rule.saved_input(0);
    rule.emit(std::make_shared<SquareBackward>(), {rule.gradient(), x}, {0});
  }
};

TEST_CASE("an op whose output is made again by another is read through that, whatever it reads") {
  class Remade : public Scale {
   public:
    explicit Remade(double factor) : Scale(factor), factor_(factor) {}
    std::optional<Recompute> recompute() const override {
      return Recompute{std::make_shared<Scale>(factor_), {0}, {}};
    }

   private:
    double factor_;
  };
  Graph g(Cpu{}, Graph::Mode::eager);
  const Value x = g.input("x", filled({3}, 1), true);
  const Value y = apply(std::make_shared<Remade>(3), {x});
  const Value z = apply(std::make_shared<Remade>(2), {y});
  g.backward(total(apply(std::make_shared<SquareOfSaved>(), {z})));
  for (const Node& node : g.nodes()) {
    if (node.phase != Phase::backward) continue;
    CHECK(std::ranges::count(node.inputs, y.id()) == 0);
    CHECK(std::ranges::count(node.inputs, z.id()) == 0);
  }
  const Tensor dx = g.tensor(*g.gradient(x));
  for (Index i = 0; i < 3; ++i) {
    CHECK(dx.data<double>()[i] == doctest::Approx(2 * 36.0 * static_cast<double>(i + 1)));
  }
}

TEST_CASE("an op that is cheap to repeat is recorded again where backward reads its output") {
  class CheapScale : public Scale {
   public:
    using Scale::Scale;
    bool cheap_to_recompute() const override { return true; }
  };
  Graph g(Cpu{}, Graph::Mode::eager);
  const Value x = g.input("x", filled({3}, 1), true);
  const Value y = apply(std::make_shared<CheapScale>(3), {x});
  g.backward(plus(total(apply(std::make_shared<SquareOfSaved>(), {y})),
                  total(apply(std::make_shared<SquareOfSaved>(), {y}))));
  std::vector<Phase> phases;
  for (const Node& node : g.nodes()) {
    if (dynamic_cast<const CheapScale*>(node.op.get()) != nullptr) phases.push_back(node.phase);
    const bool reads_first_copy = std::ranges::count(node.inputs, y.id()) > 0;
    if (node.phase == Phase::backward) CHECK_FALSE(reads_first_copy);
  }
  CHECK(phases == std::vector{Phase::forward, Phase::backward});  // once for both readers
  const Tensor dx = g.tensor(*g.gradient(x));
  for (Index i = 0; i < 3; ++i) {
    CHECK(dx.data<double>()[i] == doctest::Approx(2 * 2 * 9.0 * static_cast<double>(i + 1)));
  }
}
