#include <doctest/doctest.h>
#include <fmt/core.h>

#include <cstring>

#include "engine/core/rng.hpp"
#include "engine/graph/executor.hpp"
#include "tests/engine/toy_ops.hpp"

using namespace fpanet;
using namespace fpanet::toy;

namespace {

/// A random program of toy ops over values of mixed sizes, the same for the same seed.
struct RandomProgram {
  RandomProgram(std::uint64_t seed, Graph::Mode mode) : graph(Cpu{}, mode) {
    Rng rng(seed);
    std::vector<Value> values;
    for (int i = 0; i < 3; ++i) {
      const Shape shape{1 + static_cast<Index>(rng.below(40))};
      const Tensor content = filled(shape, 0.25 * i - 1);
      const std::string name = fmt::format("x{}", i);
      inputs.push_back(mode == Graph::Mode::eager
                           ? graph.input(name, content, true)
                           : graph.input(name, Spec{shape, DType::f64}, true));
      contents.push_back(content);
      values.push_back(inputs.back());
    }
    for (int i = 0; i < 25; ++i) {
      const Value a = values[rng.below(values.size())];
      const Value b = values[rng.below(values.size())];
      switch (rng.below(4)) {
        case 0:
          values.push_back(scale(a, 0.5));
          break;
        case 1:
          values.push_back(square(scale(a, 0.1)));
          break;
        case 2:
          values.push_back(a.shape() == b.shape() ? plus(a, b) : scale(b, -1));
          break;
        default:
          values.push_back(graph.view(a, {1, a.shape().numel()}));
      }
    }
    Value loss = total(values[3]);
    for (std::size_t i = 4; i < values.size(); i += 3) loss = plus(loss, total(values[i]));
    graph.backward(loss);
    outputs.push_back(loss);
    for (const Value& input : inputs) {
      if (const auto gradient = graph.gradient(input)) outputs.push_back(*gradient);
    }
    for (const Value& output : outputs) graph.keep(output);
  }

  Graph graph;
  std::vector<Value> inputs, outputs;
  std::vector<Tensor> contents;
};

}  // namespace

TEST_CASE("planned execution gives eager's bits, run after run") {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    CAPTURE(seed);
    const RandomProgram eager(seed, Graph::Mode::eager);
    const RandomProgram recorded(seed, Graph::Mode::record);
    const Plan plan(recorded.graph);
    Arena arena(Device::cpu());
    const Executor executor(recorded.graph, plan, arena);
    for (std::size_t i = 0; i < recorded.inputs.size(); ++i) {
      executor.tensor(recorded.inputs[i]).copy_from(recorded.contents[i]);
    }
    for (int run = 0; run < 2; ++run) {
      executor.run();
      for (std::size_t i = 0; i < recorded.outputs.size(); ++i) {
        const Tensor& planned = executor.tensor(recorded.outputs[i]);
        const Tensor& expected = eager.graph.tensor(eager.outputs[i]);
        REQUIRE(planned.bytes() == expected.bytes());
        CHECK(std::memcmp(planned.raw(), expected.raw(), expected.bytes()) == 0);
      }
    }
  }
}

TEST_CASE("values that live at the same time never share memory, and memory is reused") {
  std::size_t reused = 0;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const RandomProgram program(seed, Graph::Mode::record);
    const Graph& g = program.graph;
    const Plan plan(g);
    CHECK(plan.arena_bytes() <= plan.unshared_bytes());
    if (plan.arena_bytes() < plan.unshared_bytes()) ++reused;
    for (ValueId a = 0; a < static_cast<ValueId>(g.value_count()); ++a) {
      for (ValueId b = a + 1; b < static_cast<ValueId>(g.value_count()); ++b) {
        if (g.base(a) == g.base(b) || !plan.offset(a) || !plan.offset(b)) continue;
        const Lifetime la = plan.lifetime(a), lb = plan.lifetime(b);
        // A value that dies where another is born shares only when that one takes it over.
        const bool both_alive = la.first < lb.last && lb.first < la.last;
        const bool handed_over = la.last == lb.first || lb.last == la.first;
        if (!both_alive || (handed_over && (plan.in_place(a) || plan.in_place(b)))) continue;
        const std::size_t end_a = *plan.offset(a) + g.info(a).spec.bytes();
        const std::size_t end_b = *plan.offset(b) + g.info(b).spec.bytes();
        CHECK((end_a <= *plan.offset(b) || end_b <= *plan.offset(a)));
      }
    }
  }
  CHECK(reused == 50);
}

TEST_CASE("an elementwise chain runs in place") {
  Graph g(Cpu{});
  const Value x = g.input("x", Spec{{1000}, DType::f64});
  Value y = square(x);
  for (int i = 0; i < 5; ++i) y = scale(y, 2);
  g.keep(y);
  const Plan plan(g);
  CHECK(plan.in_place(y.id()));
  CHECK(plan.arena_bytes() == 2 * 8000);  // x and one block for the chain
}

TEST_CASE("values that are not kept cannot be read") {
  Graph g(Cpu{});
  const Value x = g.input("x", Spec{{4}, DType::f64});
  const Value y = square(x), z = square(y);
  g.keep(z);
  const Plan plan(g);
  Arena arena(Device::cpu());
  const Executor executor(g, plan, arena);
  CHECK(executor.tensor(z).shape() == Shape{4});
  CHECK_THROWS_AS(executor.tensor(y), Error);
  CHECK_THROWS_AS(g.tensor(y), Error);
}

TEST_CASE("executors take turns in one arena") {
  Arena arena(Device::cpu());
  const RandomProgram first(1, Graph::Mode::record), second(2, Graph::Mode::record);
  const Plan plan1(first.graph), plan2(second.graph);
  arena.reserve(plan1);
  arena.reserve(plan2);
  const std::size_t bytes = arena.bytes();
  const Executor executor1(first.graph, plan1, arena), executor2(second.graph, plan2, arena);
  CHECK(arena.bytes() == bytes);
}

TEST_CASE("timed execution counts every node") {
  const RandomProgram program(3, Graph::Mode::record);
  const Plan plan(program.graph);
  Arena arena(Device::cpu());
  const Executor executor(program.graph, plan, arena);
  std::vector<double> seconds;
  executor.run_timed(seconds);
  CHECK(seconds.size() == program.graph.nodes().size());
}

TEST_CASE("a plan with gaps leaves them free, and names the bytes that are no value's") {
  constexpr std::size_t kGap = 100;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    CAPTURE(seed);
    const RandomProgram program(seed, Graph::Mode::record);
    const Plan plan(program.graph, kGap), dense(program.graph);
    CHECK(plan.arena_bytes() > dense.arena_bytes());
    const auto unused = plan.unused();
    CHECK(unused.back().second == plan.arena_bytes());
    CHECK(unused.back().second - unused.back().first >= kGap);
    const auto count = static_cast<ValueId>(program.graph.value_count());
    for (ValueId a = 0; a < count; ++a) {
      if (!plan.offset(a)) continue;
      const std::size_t begin = *plan.offset(a);
      const std::size_t end = begin + program.graph.info(a).spec.bytes();
      for (const auto& [first, last] : unused) CHECK((last <= begin || first >= end));
      for (ValueId b = 0; b < count; ++b) {
        if (!plan.offset(b) || *plan.offset(b) <= begin) continue;
        const Lifetime one = plan.lifetime(a), other = plan.lifetime(b);
        if (one.first > other.last || other.first > one.last) continue;
        CHECK(*plan.offset(b) >= end + kGap);
      }
    }
  }
}
