// A step of several micro-batches: the mean of their gradients, added up in one region.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "engine/weights/safetensors/safetensors.hpp"
#include "layers/linear.hpp"
#include "models/network_gradcheck.hpp"
#include "models/program.hpp"
#include "tests/support/formula.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/mean_of_squares.hpp"
#include "tests/support/tolerances.hpp"

using namespace fpanet;
using namespace fpanet::test;

TEST_CASE("golden: gradients of micro-batches of unequal size") {
  const auto file = golden_path("accumulate.safetensors");
  REQUIRE(file);
  const StateDict golden = read_safetensors(*file).tensors;
  const Tensor weight = golden.at("p0.weight").to_tensor(DType::f64);
  const Tensor bias = golden.at("p0.bias").to_tensor(DType::f64);
  const Tensor dweight = Tensor::empty(weight.shape(), DType::f64);
  const Tensor dbias = Tensor::empty(bias.shape(), DType::f64);
  const Tensor share = Tensor::empty({}, DType::f64);
  share.data<double>()[0] = 1.0 / 3;
  for (const std::string name : {"x0", "x1", "x2"}) {
    Graph graph(Cpu{1}, Graph::Mode::eager);
    const Value y =
        linear(graph.input(name, golden.at(name).to_tensor(DType::f64)),
               graph.parameter("weight", weight, dweight), graph.parameter("bias", bias, dbias));
    const Value loss = mean_of_squares(y);
    graph.backward(loss, {.seed = graph.state("share", share), .accumulate = name != "x0"});
  }
  const auto compare = [](const Tensor& ours, const std::vector<double>& theirs) {
    const auto values = ours.span<double>();
    REQUIRE(values.size() == theirs.size());
    for (std::size_t i = 0; i < theirs.size(); ++i) CHECK(std::abs(values[i] - theirs[i]) < 1e-12);
  };
  compare(dweight, golden.at("grad.weight").values<double>());
  compare(dbias, golden.at("grad.bias").values<double>());
}

namespace {

/// A small network in double whose parameters stay as they are: the learning rate is 0.
struct SmallNet {
  SmallNet() : model(store, narrow_fpanet()) {
    store.allocate(DType::f64, Device::cpu(), true);
    store.initialize(7);
    optimizer.emplace(store, 0.0);
  }

  Program& program(Index images, MicroBatch micro_batch, const Objective& objective) {
    programs.push_back(std::make_unique<Program>(Cpu{2}, model, &*optimizer, store,
                                                 ProgramOptions{.kind = ProgramKind::train,
                                                                .batch = images,
                                                                .height = 32,
                                                                .width = 32,
                                                                .image_dtype = DType::f64,
                                                                .objective = objective,
                                                                .micro_batch = micro_batch}));
    programs.back()->bind(arena);
    return *programs.back();
  }

  void run(Program& program, int batch) const {
    const Shape& images = program.images().shape();
    program.images().copy_from(formula_tensor(fmt::format("images{}", batch), images, DType::f64));
    program.labels().copy_from(
        formula_labels(fmt::format("labels{}", batch), program.labels().shape(), 3));
    program.run();
  }

  ParameterStore store;
  FPANet model;
  std::optional<AdamWState> optimizer;
  Arena arena{Device::cpu()};
  std::vector<std::unique_ptr<Program>> programs;
};

/// The number of images of each micro-batch of a step; the last of an epoch is smaller.
void check_step(const std::vector<Index>& images, const Objective& objective) {
  SmallNet alone, together;
  const auto count = std::ssize(images);
  std::vector<double> mean(static_cast<std::size_t>(alone.store.gradients().numel()));
  for (std::size_t k = 0; k < images.size(); ++k) {
    alone.run(alone.program(images[k], MicroBatch::only, objective), static_cast<int>(k));
    const auto gradients = alone.store.gradients().span<double>();
    for (std::size_t i = 0; i < mean.size(); ++i) {
      mean[i] += gradients[i] / static_cast<double>(count);
    }
  }
  double before = 0;
  for (std::size_t k = 0; k < images.size(); ++k) {
    const bool last = k + 1 == images.size();
    const MicroBatch place = k == 0 ? MicroBatch::first
                             : last ? MicroBatch::last
                                    : MicroBatch::middle;
    Program& program = together.program(images[k], place, objective);
    program.set_micro_batch(static_cast<Index>(k), count);
    CHECK(together.optimizer->step() == 0);
    before = static_cast<double>(together.optimizer->step());
    together.run(program, static_cast<int>(k));
  }
  CHECK(before == 0);
  CHECK(together.optimizer->step() == 1);
  const auto sum = together.store.gradients().span<double>();
  double worst = 0, largest = 0;
  for (std::size_t i = 0; i < mean.size(); ++i) {
    worst = std::max(worst, std::abs(sum[i] - mean[i]));
    largest = std::max(largest, std::abs(mean[i]));
  }
  CHECK(largest > 1e-4);
  CHECK(worst < kSummationOrder * std::max(1.0, largest));
}

}  // namespace

TEST_CASE("a step of four micro-batches has the mean of their gradients") {
  check_step({2, 2, 2, 2}, {});
  check_step({2, 2, 2, 1}, {.terms = parse_objective_terms("0.5*dice+ce")});
}

TEST_CASE("a step of two micro-batches, and one that is alone") {
  check_step({3, 2}, {.terms = parse_objective_terms("ce")});
  SmallNet net;
  Program& alone = net.program(2, MicroBatch::only, {});
  CHECK_THROWS_WITH_AS(alone.set_micro_batch(0, 2),
                       "program: it makes a step of its own, with one micro-batch", Error);
}
