// Trains FPA-Net on synthetic scenes and measures its attention map along the way: how far the
// scores spread, and how many entries hold 90 % of the map. docs/course/8-attention.md explains what
// one sees.
//
// usage: attention [STEPS]

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <numeric>
#include <vector>

#include "data/synth.hpp"
#include "engine/graph/executor.hpp"
#include "engine/optim/adamw_state.hpp"
#include "layers/adamw.hpp"
#include "layers/softmax_dice.hpp"
#include "layers/to_unit.hpp"
#include "models/fpanet.hpp"

using namespace fpanet;

namespace {

constexpr Index kBatch = 8, kSide = 128, kScenes = 64;

double deviation(std::span<const float> values) {
  const auto count = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
  double squares = 0;
  for (const float v : values) squares += (v - mean) * (v - mean);
  return std::sqrt(squares / count);
}

/// How many of the largest entries hold 90 % of the sum.
int entries_that_hold_90_percent(std::span<const float> row) {
  std::vector<float> sorted(row.begin(), row.end());
  std::sort(sorted.begin(), sorted.end(), std::greater<>());
  double rest = 0.9 * std::accumulate(sorted.begin(), sorted.end(), 0.0);
  int count = 0;
  while (rest > 0 && count < static_cast<int>(sorted.size())) {
    rest -= sorted[static_cast<std::size_t>(count++)];
  }
  return count;
}

}  // namespace

int main(int argc, char** argv) {
  const int steps = argc > 1 ? std::atoi(argv[1]) : 300;
  ParameterStore store;
  const FPANet model(store, {.encoder_name = "resnet18"});
  store.allocate(DType::f32, Device::cpu(), true);
  store.initialize(1);
  AdamWState optimizer(store, 1e-4);

  Graph graph(Cpu{2});
  const Forward forward{.graph = graph, .training = true};
  const Value images = graph.input("images", Spec{{kBatch, 3, kSide, kSide}, DType::u8});
  const Value labels = graph.input("labels", Spec{{kBatch, 1, kSide, kSide}, DType::i32});
  const Value logits = model.logits(forward, model.prepare(to_unit(images, DType::f32)));
  // The only softmax so far is that of the attention map.
  const auto softmax = std::ranges::find_if(
      graph.nodes(), [](const Node& node) { return node.op->name() == "softmax"; });
  const Value scores{&graph, softmax->inputs[0]}, map{&graph, softmax->outputs[0].value};
  const Value loss = softmax_dice(logits, labels, {}).loss;
  for (const Value& value : {scores, map, loss}) graph.keep(value);
  graph.backward(loss);
  graph.begin_update();
  adamw({.parameters = graph.state("parameters", store.values()),
         .gradients = graph.state("gradients", store.gradients()),
         .moment1 = graph.state("exp_avg", optimizer.moment1()),
         .moment2 = graph.state("exp_avg_sq", optimizer.moment2()),
         .hyper = graph.state("hyper", optimizer.hyper())},
        store.segments(graph.trained_parameters()), {});
  const Plan plan(graph);
  Arena arena(Device::cpu());
  const Executor executor(graph, plan, arena);

  std::vector<Scene> scenes;
  for (Index i = 0; i < std::min(kScenes, (steps + 1) * kBatch); ++i) {
    scenes.push_back(synthesize(1, i, {kSide, kSide}));
  }
  const auto columns = static_cast<std::size_t>(map.shape()[map.shape().rank() - 1]);
  const auto rows = static_cast<std::size_t>(map.shape().numel()) / columns;
  std::printf("softmax over %zu entries\n  step   loss  deviation of scores  entries for 90 %%\n",
              columns);
  for (int step = 0; step <= steps; ++step) {
    for (Index i = 0; i < kBatch; ++i) {
      const Scene& scene = scenes[static_cast<std::size_t>((step * kBatch + i) % kScenes)];
      std::ranges::copy(scene.image.pixels,
                        executor.tensor(images).data<std::uint8_t>() + i * 3 * kSide * kSide);
      std::ranges::copy(scene.labels.labels.pixels,
                        executor.tensor(labels).data<std::int32_t>() + i * kSide * kSide);
    }
    optimizer.begin_step(graph.context());
    executor.run();
    if (step % 25 != 0 && step != steps) continue;
    const std::span<const float> s = executor.tensor(scores).span<float>();
    const std::span<const float> a = executor.tensor(map).span<float>();
    double spread = 0, entries = 0;
    for (std::size_t r = 0; r < rows; ++r) {
      spread += deviation(s.subspan(r * columns, columns));
      entries += entries_that_hold_90_percent(a.subspan(r * columns, columns));
    }
    std::printf("%6d  %.3f  %19.2f  %16.1f\n", step, executor.tensor(loss).data<float>()[0],
                spread / static_cast<double>(rows), entries / static_cast<double>(rows));
    std::fflush(stdout);
  }
}
