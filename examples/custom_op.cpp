// An op of one's own in one file: y = x * sigmoid(x), known as SiLU. An op infers the shape of its
// output, computes it, and records its gradient as another op. The program checks that gradient
// against central differences, then runs the op in a planned graph. docs/adding-an-op.md adds an op
// to the engine itself, with kernels for vectors and for GPUs.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>

#include "engine/core/error.hpp"
#include "engine/graph/executor.hpp"
#include "layers/gradcheck.hpp"

using namespace fpanet;

namespace {

/// dx = dy * s * (1 + x (1 - s)) with s = sigmoid(x). Inputs: dy, x.
class SiluBackward final : public Op {
 public:
  std::string_view name() const override { return "silu_backward"; }
  std::vector<Spec> infer(std::span<const Spec> inputs) const override { return {inputs[1]}; }
  void run(const RunArgs& args) const override {
    const auto dy = args.in(0).span<double>(), x = args.in(1).span<double>();
    const auto dx = args.out().span<double>();
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double s = 1 / (1 + std::exp(-x[i]));
      store(dx[i], dy[i] * s * (1 + x[i] * (1 - s)), args.write());  // assigns or accumulates
    }
  }
};

class Silu final : public Op {
 public:
  std::string_view name() const override { return "silu"; }
  std::vector<Spec> infer(std::span<const Spec> inputs) const override {
    require(inputs[0].dtype == DType::f64, "silu: x is {}, not f64", name_of(inputs[0].dtype));
    return {inputs[0]};
  }
  void run(const RunArgs& args) const override {
    const auto x = args.in(0).span<double>(), y = args.out().span<double>();
    for (std::size_t i = 0; i < x.size(); ++i) {
      store(y[i], x[i] / (1 + std::exp(-x[i])), args.write());
    }
  }
  void backward(BackwardRule& rule) const override {
    rule.emit(std::make_shared<SiluBackward>(), {rule.gradient(), rule.input(0)}, {0});
  }
};

Value silu(Value x) {
  return x.graph().record_one(std::make_shared<Silu>(), std::span(&x, 1));
}

}  // namespace

int main() {
  const OpRecord record{
      .name = "silu",
      .samples = {
          {.name = "six values",
           .inputs = {{.name = "x", .shape = Shape{6}, .values = {-3, -1, -0.1, 0.2, 1, 4}}},
           .build = [](const std::vector<Value>& in) { return std::vector{silu(in[0])}; }}}};
  for (const GradcheckResult& result : gradcheck(record)) {
    std::printf("gradient of %s, %s: error %.1e\n", result.op.c_str(), result.sample.c_str(),
                result.error);
    if (!result.ok) return 1;
  }

  Graph graph(Cpu{});
  const Value x = graph.input("x", Spec{{3}, DType::f64});
  const Value y = silu(x);
  graph.keep(y);
  const Plan plan(graph);
  Arena arena(Device::cpu());
  const Executor executor(graph, plan, arena);
  std::ranges::copy(std::initializer_list<double>{-1, 0, 1}, executor.tensor(x).data<double>());
  executor.run();
  for (const double value : executor.tensor(y).span<double>()) std::printf("%.4f ", value);
  std::printf("\n");
}
