// A training step whose batch is divided among ranks.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "engine/distributed/thread_ranks.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/ranked_steps.hpp"

using namespace fpanet;
using namespace fpanet::test;

namespace {

using Step = RankedSteps;

std::vector<Step> steps_of(int size, const RankedPlan& plan) {
  std::vector<Step> steps(static_cast<std::size_t>(size));
  run_thread_ranks(size, [&](Communicator& ranks) {
    steps[static_cast<std::size_t>(ranks.rank())] = ranked_steps(ranks, plan);
  });
  return steps;
}

Step step_of_one(const RankedPlan& plan) {
  SingleRank alone;
  return ranked_steps(alone, plan);
}

/// The largest difference of two gradients in the scale of the parameter's largest one.
double largest_difference(const Step& expected, const Step& actual) {
  double worst = 0;
  for (std::size_t i = 0; i < expected.names.size(); ++i) {
    double largest = 0, apart = 0;
    for (std::size_t k = 0; k < expected.gradients[i].size(); ++k) {
      largest = std::max(largest, std::abs(expected.gradients[i][k]));
      apart = std::max(apart, std::abs(expected.gradients[i][k] - actual.gradients[i][k]));
    }
    if (largest > 0) worst = std::max(worst, apart / largest);
  }
  return worst;
}

double largest_difference(const std::vector<double>& a, const std::vector<double>& b) {
  REQUIRE(a.size() == b.size());
  double worst = 0;
  for (std::size_t i = 0; i < a.size(); ++i) worst = std::max(worst, std::abs(a[i] - b[i]));
  return worst;
}

nlohmann::json golden() {
  const auto file = golden_path("data_parallel.json");
  REQUIRE(file);
  return nlohmann::json::parse(std::ifstream(*file));
}

void check_norms(const Step& step, const nlohmann::json& norms) {
  std::size_t compared = 0;
  for (std::size_t i = 0; i < step.names.size(); ++i) {
    if (!norms.contains(step.names[i])) continue;
    double squares = 0;
    for (const double g : step.gradients[i]) squares += g * g;
    const double expected = norms.at(step.names[i]);
    CAPTURE(step.names[i]);
    CHECK(std::abs(std::sqrt(squares) - expected) < 1e-9 * expected);
    ++compared;
  }
  CHECK(compared == norms.size());
}

bool equal_bits(const Tensor& a, const Tensor& b) {
  return a.bytes() == b.bytes() && std::memcmp(a.raw(), b.raw(), a.bytes()) == 0;
}

}  // namespace

TEST_CASE("golden: two ranks with one loss compute the whole batch's loss and gradients") {
  const nlohmann::json numbers = golden();
  const std::vector<Step> steps = steps_of(2, {});
  for (const Step& step : steps) {
    CHECK(std::abs(step.losses[0] - numbers.at("whole_loss").get<double>()) < 1e-9);
    check_norms(step, numbers.at("whole_grad_l2"));
  }
  CHECK(equal_bits(steps[0].values, steps[1].values));
}

TEST_CASE("golden: two ranks with losses of their own compute what PyTorch's DDP computes") {
  const nlohmann::json numbers = golden();
  const std::vector<Step> steps = steps_of(2, {.sync = false});
  for (std::size_t rank = 0; rank < 2; ++rank) {
    CHECK(std::abs(steps[rank].losses[0] - numbers.at("rank_losses")[rank].get<double>()) < 1e-9);
    check_norms(steps[rank], numbers.at("ddp_grad_l2"));
  }
}

TEST_CASE("ranks with unequal parts compute the step of one process, and always the same bits") {
  const Step whole = step_of_one({});
  const std::vector<Step> three = steps_of(3, {});  // 2, 1 and 1 images
  CHECK(std::abs(three[0].losses[0] - whole.losses[0]) < 1e-12);
  CHECK(largest_difference(whole, three[0]) < 1e-9);
  CHECK(largest_difference(whole.statistics, three[0].statistics) < 1e-9);
  const std::vector<Step> again = steps_of(3, {});
  for (std::size_t rank = 0; rank < 3; ++rank) {
    CHECK(equal_bits(three[rank].values, again[rank].values));
    CHECK(equal_bits(three[rank].values, three[0].values));
  }
}

TEST_CASE("ranks without an image of a batch add nothing to its step") {
  for (const Index images : {1, 2}) {
    const RankedPlan plan{.images = images};
    CAPTURE(images);
    const Step whole = step_of_one(plan);
    const std::vector<Step> three = steps_of(3, plan);
    for (const Step& step : three) {
      CHECK(std::abs(step.losses[0] - whole.losses[0]) < 1e-12);
      CHECK(largest_difference(whole, step) < 1e-9);
      CHECK(largest_difference(whole.statistics, step.statistics) < 1e-9);
      CHECK(equal_bits(step.values, three[0].values));
    }
  }
}

TEST_CASE("a last micro-batch without images for a rank leaves the gradients of those before it") {
  const RankedPlan plan{.images = 3, .micro_batches = 2, .last_images = 1};
  const Step whole = step_of_one(plan);
  const std::vector<Step> two = steps_of(2, plan);
  CHECK(largest_difference(whole, two[0]) < 1e-9);
  CHECK(equal_bits(two[0].values, two[1].values));
}

TEST_CASE("without --sync, a batch that does not divide is the mean over its images") {
  // Each rank has one image or none, so that the mean of the losses is that of two single images.
  const RankedPlan plan{.sync = false, .images = 2};
  const std::vector<Step> three = steps_of(3, plan), two = steps_of(2, plan);
  CHECK(largest_difference(two[0], three[0]) < 1e-12);
  CHECK(equal_bits(three[0].values, three[2].values));
}

TEST_CASE("seven steps of two ranks have the losses of one process") {
  const RankedPlan plan{.images = 8, .side = 32, .steps = 7};
  const Step whole = step_of_one(plan), part = steps_of(2, plan)[0];
  REQUIRE(whole.losses.size() == 7);
  CHECK(whole.losses.front() - whole.losses.back() > 1e-4);
  for (std::size_t i = 0; i < whole.losses.size(); ++i) {
    CHECK(std::abs(whole.losses[i] - part.losses[i]) < 1e-11);
  }
}

TEST_CASE("gradients that are summed during the backward pass have the bits of a sum after it") {
  for (const bool sync : {true, false}) {
    CAPTURE(sync);
    RankedPlan plan{.sync = sync, .images = 3, .steps = 2, .buckets = {.bytes = Index{1} << 40}};
    if (!sync) plan.images = 2;
    const std::vector<Step> after = steps_of(2, plan);
    for (const Index bytes : {Index{1}, Index{1} << 20, GradientBuckets::Options{}.bytes}) {
      CAPTURE(bytes);
      plan.buckets.bytes = bytes;
      const std::vector<Step> during = steps_of(2, plan);
      for (std::size_t rank = 0; rank < 2; ++rank) {
        CHECK(equal_bits(during[rank].values, after[rank].values));
        CHECK(during[rank].gradients == after[rank].gradients);
        CHECK(during[rank].losses == after[rank].losses);
      }
    }
  }
}

TEST_CASE("the sum of a bucket is a node behind the last that writes its gradients") {
  const Index bytes = Index{1} << 20;
  SingleRank alone;
  ParameterStore store;
  const FPANet model(store, {.encoder_name = "resnet18"});
  store.allocate(DType::f32, Device::cpu(), true);
  AdamWState optimizer(store, 1e-4);
  const Program program(Cpu{1}, model, &optimizer, store,
                        {.kind = ProgramKind::train,
                         .batch = 1,
                         .height = 64,
                         .width = 64,
                         .ranked = {.ranks = &alone, .buckets = {.bytes = bytes}}});
  const Graph& graph = program.graph();
  const auto name = [&](std::size_t node) { return graph.nodes()[node].op->name(); };
  std::map<std::string, std::size_t> last_writer;
  std::size_t last_backward = 0, finish = 0;
  std::vector<std::size_t> sums;
  for (std::size_t i = 0; i < graph.nodes().size(); ++i) {
    if (name(i) == "all_reduce_finish") finish = i;
    if (name(i) == "all_reduce_segments") sums.push_back(i);
    for (const NodeOutput& output : graph.nodes()[i].outputs) {
      if (output.value < 0) continue;
      const ValueInfo& info = graph.info(output.value);
      if (info.kind == ValueKind::gradient) last_backward = i;
      if (info.kind == ValueKind::parameter_gradient) last_writer[info.name] = i;
    }
  }
  REQUIRE(sums.size() > 10);
  CHECK(sums.front() < last_backward);
  CHECK(finish == sums.back() + 1);
  CHECK(graph.nodes()[finish + 1].phase == Phase::update);

  // Parameters that are complete before a sum and after the one before it are its bucket.
  const auto padded = [&](const std::string& parameter) {
    const auto index = static_cast<std::size_t>(store.find(parameter));
    return static_cast<double>((store.entries()[index].shape.numel() + 15) / 16 * 16);
  };
  std::size_t begin = 0;
  double summed = 0;
  for (const std::size_t sum : sums) {
    double complete = 0;
    for (const auto& [parameter, writer] : last_writer) {
      if (writer < begin || writer >= sum) continue;
      complete += padded(parameter);
    }
    const Node& node = graph.nodes()[sum];
    const double values = node.op->cost(graph.input_specs(node), {}).bytes / 8;  // read and written
    CHECK(values == complete);
    if (sum != sums.back()) CHECK(4 * values >= static_cast<double>(bytes));
    summed += values;
    begin = sum;
  }
  double trained = 0;
  for (const std::string& parameter : graph.trained_parameters()) trained += padded(parameter);
  CHECK(summed == trained);
}
