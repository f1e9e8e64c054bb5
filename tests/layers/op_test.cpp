// Every sample of the registry, run in every way that must not change its results.

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "engine/core/error.hpp"
#include "engine/graph/executor.hpp"
#include "engine/optim/adamw_state.hpp"
#include "layers/adamw.hpp"
#include "layers/gradcheck.hpp"
#include "tests/support/tolerances.hpp"

namespace fpanet {
namespace {

/// All that a run of a sample leaves behind: outputs, gradients, updated states.
using Results = std::vector<std::pair<std::string, std::vector<std::byte>>>;

std::vector<std::byte> bytes_of(const Tensor& tensor) {
  return {tensor.raw(), tensor.raw() + tensor.bytes()};
}

template <class TensorOf>
Results collect(const OpSample& sample, const SampleRun& run, const TensorOf& tensor_of) {
  Results results;
  for (std::size_t i = 0; i < run.outputs.size(); ++i) {
    results.emplace_back(fmt::format("output {}", i), bytes_of(tensor_of(run.outputs[i])));
  }
  for (std::size_t i = 0; i < run.inputs.size(); ++i) {
    const SampleInput& input = sample.inputs[i];
    if (input.kind == SampleInput::Kind::state) {
      results.emplace_back(input.name, bytes_of(tensor_of(run.inputs[i])));
    } else if (const auto gradient = run.graph->gradient(run.inputs[i])) {
      results.emplace_back("d " + input.name, bytes_of(tensor_of(*gradient)));
    }
  }
  return results;
}

Results run_eagerly(const OpSample& sample, int threads, DType dtype) {
  const SampleRun run = record_sample(sample, Cpu{threads}, Graph::Mode::eager, dtype);
  if (run.loss.defined()) run.graph->backward(run.loss);
  return collect(sample, run, [&](Value value) { return run.graph->tensor(value); });
}

Results run_planned(const OpSample& sample, DType dtype) {
  const SampleRun run = record_sample(sample, Cpu{2}, Graph::Mode::record, dtype);
  if (run.loss.defined()) run.graph->backward(run.loss);
  for (const Value value : run.outputs) run.graph->keep(value);
  for (const Value value : run.inputs) {
    if (const auto gradient = run.graph->gradient(value)) run.graph->keep(*gradient);
  }
  const Plan plan(*run.graph);
  Arena arena(Device::cpu());
  arena.reserve(plan);
  // NaN everywhere: whatever is read before it is written shows.
  std::memset(arena.values()->data(), 0xff, arena.values()->bytes());
  std::memset(arena.workspace()->data(), 0xff, arena.workspace()->bytes());
  const Executor executor(*run.graph, plan, arena);
  for (std::size_t i = 0; i < sample.inputs.size(); ++i) {
    if (sample.inputs[i].kind == SampleInput::Kind::state) continue;
    executor.tensor(run.inputs[i]).copy_from(sample_tensor(sample.inputs[i], dtype));
  }
  executor.run();
  return collect(sample, run, [&](Value value) { return executor.tensor(value); });
}

void check_equal(const Results& a, const Results& b) {
  REQUIRE(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    CAPTURE(a[i].first);
    CHECK(a[i].second == b[i].second);
  }
}

template <class F>
void for_each_sample(const F& f) {
  for (const OpRecord& record : op_registry()) {
    CAPTURE(record.name);
    for (const OpSample& sample : record.samples) {
      CAPTURE(sample.name);
      f(record, sample);
    }
  }
}

TEST_CASE("ops: analytic gradients agree with central differences in double") {
  for (const OpRecord& record : op_registry()) {
    for (const GradcheckResult& result : gradcheck(record)) {
      CAPTURE(result.op);
      CAPTURE(result.sample);
      CAPTURE(result.where);
      CHECK(result.error < kGradcheckTolerance);
      CHECK(result.ok);
      CHECK(result.entries > 0);
    }
  }
}

TEST_CASE("ops: planned execution gives the bits of eager execution") {
  for_each_sample([](const OpRecord&, const OpSample& sample) {
    for (const DType dtype : {DType::f32, DType::f64}) {
      check_equal(run_eagerly(sample, 1, dtype), run_planned(sample, dtype));
    }
  });
}

TEST_CASE("ops: 1, 2 and 4 threads give the same bits") {
  for_each_sample([](const OpRecord&, const OpSample& sample) {
    const Results one = run_eagerly(sample, 1, DType::f32);
    check_equal(one, run_eagerly(sample, 2, DType::f32));
    check_equal(one, run_eagerly(sample, 4, DType::f32));
  });
}

TEST_CASE("ops: an input used twice gets both gradients") {
  for_each_sample([](const OpRecord&, const OpSample& sample) {
    const SampleRun once = record_sample(sample, Cpu{1}, Graph::Mode::eager, DType::f64, 1);
    const SampleRun twice = record_sample(sample, Cpu{1}, Graph::Mode::eager, DType::f64, 2);
    if (!once.loss.defined()) return;
    once.graph->backward(once.loss);
    twice.graph->backward(twice.loss);
    for (std::size_t i = 0; i < once.inputs.size(); ++i) {
      CAPTURE(sample.inputs[i].name);
      const auto one = once.graph->gradient(once.inputs[i]);
      const auto two = twice.graph->gradient(twice.inputs[i]);
      REQUIRE(one.has_value() == two.has_value());
      if (!one) continue;
      const auto a = once.graph->tensor(*one).span<double>();
      const auto b = twice.graph->tensor(*two).span<double>();
      // Not to the bit: an op may add its terms to the first gradient one by one.
      double worst = 0;
      for (std::size_t k = 0; k < a.size(); ++k) {
        worst = std::max(worst, std::abs(b[k] - 2 * a[k]) / std::max(1.0, std::abs(a[k])));
      }
      CHECK(worst < test::kSummationOrder);
    }
  });
}

TEST_CASE("ops: what is updated in place is read and written, AdamW's twins are written alone") {
  ParameterStore store;
  store.add("w", {1000}, EntryKind::parameter, {});
  store.allocate(DType::f32, Device::cpu(), true);
  store.allocate_twin(DType::bf16);
  AdamWState optimizer(store, 0.1);
  Graph g(Cpu{1}, Graph::Mode::record);
  const std::array<Segment, 1> segments{Segment{0, 1000}};
  adamw({.parameters = g.state("parameters", store.values()),
         .gradients = g.state("gradients", store.gradients()),
         .moment1 = g.state("exp_avg", optimizer.moment1()),
         .moment2 = g.state("exp_avg_sq", optimizer.moment2()),
         .hyper = g.state("hyper", optimizer.hyper()),
         .twins = g.state("twins", store.twins())},
        segments, {});
  const Node& node = g.nodes().back();
  const double hyper = 2 * sizeof(double), elements = static_cast<double>(store.values().numel());
  CHECK(node.op->cost(g.input_specs(node), node.output_specs).bytes == 30 * elements + hyper);
}

TEST_CASE("ops: mistakes are named with every shape") {
  for (const OpRecord& record : op_registry()) {
    CAPTURE(record.name);
    for (const OpErrorSample& error : record.errors) {
      CAPTURE(error.message);
      Graph graph(Cpu{1}, Graph::Mode::record);
      CHECK_THROWS_WITH_AS(error.build(graph), error.message.c_str(), Error);
    }
  }
}

}  // namespace
}  // namespace fpanet
