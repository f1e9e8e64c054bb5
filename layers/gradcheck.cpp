#include "layers/gradcheck.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "engine/core/error.hpp"
#include "engine/core/rng.hpp"
#include "engine/graph/executor.hpp"
#include "layers/add.hpp"

namespace fpanet {
namespace {

template <class F>
void with_floating(DType dtype, F&& f) {
  if (dtype == DType::f64) {
    f(double{});
  } else {
    f(float{});
  }
}

bool is_floating(DType dtype) {
  return dtype == DType::f32 || dtype == DType::f64;
}

/// A fixed weight for entry i of an output. Different entries have different weights, so that
/// swapping two entries changes the loss.
double weight(std::size_t i) {
  return 0.3 + 0.7 * std::fmod(0.6180339887498949 * static_cast<double>(i + 1), 1.0);
}

class WeightedSumBackward final : public Op {  // dloss -> dy
 public:
  explicit WeightedSumBackward(const Spec& y) : y_(y) {}

  std::string_view name() const override { return "weighted_sum_backward"; }
  std::vector<Spec> infer(std::span<const Spec>) const override { return {y_}; }
  void run(const RunArgs& args) const override {
    with_floating(y_.dtype, [&]<class T>(T) {
      const auto dy = args.out().span<T>();
      const T dloss = args.in(0).data<T>()[0];
      for (std::size_t i = 0; i < dy.size(); ++i) {
        store(dy[i], dloss * static_cast<T>(weight(i)), args.write());
      }
    });
  }

 private:
  Spec y_;
};

/// sum_i weight(i) y[i]: turns any output into a loss. CPU only.
class WeightedSum final : public Op {
 public:
  std::string_view name() const override { return "weighted_sum"; }
  std::vector<Spec> infer(std::span<const Spec> in) const override {
    return {{Shape{}, in[0].dtype}};
  }
  void run(const RunArgs& args) const override {
    with_floating(args.in(0).dtype(), [&]<class T>(T) {
      double sum = 0;
      const auto y = args.in(0).span<T>();
      for (std::size_t i = 0; i < y.size(); ++i) sum += weight(i) * static_cast<double>(y[i]);
      args.out().data<T>()[0] = static_cast<T>(sum);
    });
  }
  void backward(BackwardRule& rule) const override {
    rule.emit(std::make_shared<WeightedSumBackward>(rule.input(0).spec()), {rule.gradient()}, {0});
  }
};

Value add_input(Graph& graph, const SampleInput& input, DType dtype) {
  const Tensor tensor = sample_tensor(input, dtype);
  const bool requires_grad = input.kind == SampleInput::Kind::variable;
  if (input.kind == SampleInput::Kind::state) return graph.state(input.name, tensor);
  if (graph.mode() == Graph::Mode::eager) return graph.input(input.name, tensor, requires_grad);
  return graph.input(input.name, Spec{tensor.shape(), tensor.dtype()}, requires_grad);
}

/// The loss of a recorded sample as a function of its inputs.
class LossFunction {
 public:
  explicit LossFunction(const OpSample& sample)
      : run_(record_sample(sample, Cpu{1}, Graph::Mode::record, DType::f64)),
        loss_(kept_loss()),
        plan_(*run_.graph),
        arena_(Device::cpu()),
        executor_(*run_.graph, plan_, arena_) {
    for (std::size_t i = 0; i < sample.inputs.size(); ++i) {
      if (sample.inputs[i].kind == SampleInput::Kind::state) continue;
      input(i).copy_from(sample_tensor(sample.inputs[i], DType::f64));
    }
  }

  Tensor input(std::size_t i) const { return executor_.tensor(run_.inputs[i]); }

  double operator()() const {
    executor_.run();
    return executor_.tensor(loss_).data<double>()[0];
  }

 private:
  Value kept_loss() {
    run_.graph->keep(run_.loss);
    return run_.loss;
  }

  SampleRun run_;
  Value loss_;
  Plan plan_;
  Arena arena_;
  Executor executor_;
};

GradcheckResult check_sample(const OpRecord& record, const OpSample& sample, double step) {
  GradcheckResult result{.op = record.name, .sample = sample.name};
  const SampleRun analytic = record_sample(sample, Cpu{1}, Graph::Mode::eager, DType::f64);
  analytic.graph->backward(analytic.loss);
  const LossFunction loss(sample);
  for (std::size_t i = 0; i < sample.inputs.size(); ++i) {
    if (sample.inputs[i].kind != SampleInput::Kind::variable) continue;
    const std::optional<Value> gradient = analytic.graph->gradient(analytic.inputs[i]);
    require(gradient.has_value(), "gradcheck: {} ({}): no gradient reached {}", record.name,
            sample.name, sample.inputs[i].name);
    const auto slopes = analytic.graph->tensor(*gradient).span<double>();
    const auto values = loss.input(i).span<double>();
    for (std::size_t k = 0; k < values.size(); ++k) {
      const double value = values[k];
      values[k] = value + step;
      const double above = loss();
      values[k] = value - step;
      const double below = loss();
      values[k] = value;
      const double numeric = (above - below) / (2 * step);
      const double error = std::abs(slopes[k] - numeric) / std::max(1.0, std::abs(numeric));
      ++result.entries;
      if (result.entries == 1 || error > result.error || std::isnan(error)) {
        result.error = error;
        result.analytic = slopes[k];
        result.numeric = numeric;
        result.where = fmt::format("{}[{}]", sample.inputs[i].name, k);
      }
    }
  }
  result.ok = result.error < kGradcheckTolerance;
  return result;
}

}  // namespace

Tensor sample_tensor(const SampleInput& input, DType dtype) {
  const bool follows = input.dtype == DType::f64 && !input.keeps_dtype;
  const Tensor values = Tensor::empty(input.shape, DType::f64);
  std::copy(input.values.begin(), input.values.end(), values.data<double>());
  if (!follows) return values.cast(input.dtype);
  return values.cast(dtype == DType::bf16 && input.stays_real ? DType::f32 : dtype);
}

SampleRun record_sample(const OpSample& sample, const Context& context, Graph::Mode mode,
                        DType dtype, int uses) {
  SampleRun run{.graph = std::make_unique<Graph>(context, mode)};
  bool differentiable = false;
  for (const SampleInput& input : sample.inputs) {
    run.inputs.push_back(add_input(*run.graph, input, dtype));
    differentiable = differentiable || input.kind == SampleInput::Kind::variable;
  }
  for (int use = 0; use < uses; ++use) {
    for (const Value output : sample.build(run.inputs)) run.outputs.push_back(output);
  }
  if (!differentiable) return run;
  for (const Value output : run.outputs) {
    if (!is_floating(output.dtype())) continue;
    const Value term = run.graph->record_one(std::make_shared<WeightedSum>(), std::array{output});
    run.loss = run.loss.defined() ? add(run.loss, term) : term;
  }
  return run;
}

std::vector<GradcheckResult> gradcheck(const OpRecord& record, double step) {
  std::vector<GradcheckResult> results;
  if (!record.why_no_gradient.empty()) return results;
  for (const OpSample& sample : record.samples)
    results.push_back(check_sample(record, sample, step));
  return results;
}

}  // namespace fpanet
