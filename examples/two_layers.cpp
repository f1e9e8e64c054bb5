// A network of two layers that learns whether a point lies inside a circle. It uses the engine as a
// library: parameters, a recorded training step, a memory plan, and a loop that runs the step.
// docs/one-step.md follows the step by hand; `two_layers --listing` prints it.

#include <cstdio>
#include <string_view>

#include "engine/core/rng.hpp"
#include "engine/graph/executor.hpp"
#include "engine/graph/listing.hpp"
#include "engine/optim/adamw_state.hpp"
#include "layers/adamw.hpp"
#include "layers/add.hpp"
#include "layers/modules.hpp"
#include "layers/relu.hpp"
#include "layers/softmax_dice.hpp"

using namespace fpanet;

int main(int argc, char** argv) {
  constexpr Index kPoints = 256, kHidden = 16, kClasses = 2;
  // Modules register their parameters; the store then allocates all of them as one region.
  ParameterStore store;
  const Linear first(Scope(store) / "first", 2, kHidden, init::torch_default({kHidden, 2}));
  const Linear second(Scope(store) / "second", kHidden, kClasses,
                      init::torch_default({kClasses, kHidden}));
  store.allocate(DType::f32, Device::cpu(), true);
  store.initialize(1);
  AdamWState optimizer(store, 0.02);

  // The training step is recorded once: forward, backward and update.
  Graph graph(Cpu{});
  const Forward forward{.graph = graph, .training = true};
  const Value points = graph.input("points", Spec{{kPoints, 2}, DType::f32});
  const Value labels = graph.input("labels", Spec{{kPoints, 1, 1, 1}, DType::i32});
  const Value hidden = first(forward, points);
  const Value activated = add(hidden, relu(hidden));  // slope 2 for positive values, else 1
  const Value logits = graph.view(second(forward, activated), {kPoints, kClasses, 1, 1});
  const SoftmaxDice end = softmax_dice(logits, labels, {});
  graph.keep(end.loss);
  graph.keep(end.probabilities);
  graph.backward(end.loss);
  graph.begin_update();
  adamw({.parameters = graph.state("parameters", store.values()),
         .gradients = graph.state("gradients", store.gradients()),
         .moment1 = graph.state("exp_avg", optimizer.moment1()),
         .moment2 = graph.state("exp_avg_sq", optimizer.moment2()),
         .hyper = graph.state("hyper", optimizer.hyper())},
        store.segments(graph.trained_parameters()), {});

  const Plan plan(graph);
  if (argc > 1 && std::string_view(argv[1]) == "--listing") {
    std::fputs(list_program(graph, plan).c_str(), stdout);
    std::printf("arena: %zu bytes, %zu without reuse\n", plan.arena_bytes(), plan.unshared_bytes());
    return 0;
  }

  Arena arena(Device::cpu());
  const Executor executor(graph, plan, arena);
  const std::span<std::int32_t> inside = executor.tensor(labels).span<std::int32_t>();
  Rng rng(1);
  int right = 0;
  for (int step = 0; step <= 300; ++step) {
    for (std::size_t i = 0; i < inside.size(); ++i) {
      float* const point = executor.tensor(points).data<float>() + 2 * i;
      for (int k = 0; k < 2; ++k) point[k] = static_cast<float>(rng.uniform(-1, 1));
      inside[i] = point[0] * point[0] + point[1] * point[1] < 0.64F ? 1 : 0;
    }
    optimizer.begin_step(graph.context());
    executor.run();
    const float* const p = executor.tensor(end.probabilities).data<float>();
    right = 0;
    for (std::size_t i = 0; i < inside.size(); ++i) right += (p[2 * i + 1] > 0.5F) == inside[i];
    if (step % 100 == 0) {
      std::printf("step %3d  loss %.3f\n", step, executor.tensor(end.loss).data<float>()[0]);
    }
  }
  std::printf("accuracy %.2f\n", static_cast<double>(right) / kPoints);
  return right >= 0.9 * kPoints ? 0 : 1;
}
