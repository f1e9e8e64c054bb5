// A training step whose batch is divided among ranks.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "engine/distributed/thread_ranks.hpp"
#include "layers/rank_reduction.hpp"
#include "models/fpanet.hpp"
#include "models/program.hpp"
#include "tests/support/formula.hpp"
#include "tests/support/golden.hpp"

using namespace fpanet;
using namespace fpanet::test;

namespace {

constexpr Index kImages = 4, kSide = 64;

/// What a step leaves behind on one rank.
struct Step {
  double loss = 0;
  std::vector<std::string> names;
  std::vector<std::vector<double>> gradients;
  Tensor values;
};

/// Computes this rank's part of a step: as a part of the whole batch (`sync`), or as a batch of its own
/// whose gradients are averaged.
Step step_of(Communicator& ranks, bool sync) {
  ParameterStore store;
  const FPANet model(store, {.encoder_name = "resnet18"});
  store.allocate(DType::f64, Device::cpu(), true);
  fill_with_formula(store);
  AdamWState optimizer(store, 1e-4);
  const RankPart part = rank_part(kImages, ranks.rank(), ranks.size());
  ProgramOptions options{.kind = ProgramKind::train,
                         .batch = part.count,
                         .height = kSide,
                         .width = kSide,
                         .image_dtype = DType::f64};
  if (ranks.size() > 1) {
    options.ranked = {&ranks, sync ? 1.0 : 1.0 / ranks.size()};
    if (sync) options.reduction = std::make_shared<RankReduction>(ranks, kImages);
  }
  Program program(Cpu{1}, model, &optimizer, store, options);
  Arena arena(Device::cpu());
  program.bind(arena);
  const Tensor images = formula_tensor("ddp_input", {kImages, 3, kSide, kSide}, DType::f64);
  const Tensor labels = formula_labels("ddp_labels", {kImages, 1, kSide, kSide}, 6);
  program.images().copy_from(images.slice(part.first, part.count));
  program.labels().copy_from(labels.slice(part.first, part.count));
  program.run();
  Step step{.loss = program.loss(), .names = {}, .gradients = {}, .values = store.values().clone()};
  for (std::size_t i = 0; i < store.entries().size(); ++i) {
    if (store.entries()[i].kind != EntryKind::parameter) continue;
    const auto gradient = store.slot(i, store.gradients()).span<double>();
    step.names.push_back(store.entries()[i].name);
    step.gradients.emplace_back(gradient.begin(), gradient.end());
  }
  return step;
}

std::vector<Step> steps_of(int size, bool sync) {
  std::vector<Step> steps(static_cast<std::size_t>(size));
  run_thread_ranks(size, [&](Communicator& ranks) {
    steps[static_cast<std::size_t>(ranks.rank())] = step_of(ranks, sync);
  });
  return steps;
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
  const std::vector<Step> steps = steps_of(2, true);
  for (const Step& step : steps) {
    CHECK(std::abs(step.loss - numbers.at("whole_loss").get<double>()) < 1e-9);
    check_norms(step, numbers.at("whole_grad_l2"));
  }
  CHECK(equal_bits(steps[0].values, steps[1].values));
}

TEST_CASE("golden: two ranks with losses of their own compute what PyTorch's DDP computes") {
  const nlohmann::json numbers = golden();
  const std::vector<Step> steps = steps_of(2, false);
  for (std::size_t rank = 0; rank < 2; ++rank) {
    CHECK(std::abs(steps[rank].loss - numbers.at("rank_losses")[rank].get<double>()) < 1e-9);
    check_norms(steps[rank], numbers.at("ddp_grad_l2"));
  }
}

TEST_CASE("ranks with unequal parts compute the step of one process, and always the same bits") {
  SingleRank single;
  const Step whole = step_of(single, true);
  const std::vector<Step> three = steps_of(3, true);  // 2, 1 and 1 images
  double worst = 0;
  for (std::size_t i = 0; i < whole.names.size(); ++i) {
    double largest = 0, apart = 0;
    for (std::size_t k = 0; k < whole.gradients[i].size(); ++k) {
      largest = std::max(largest, std::abs(whole.gradients[i][k]));
      apart = std::max(apart, std::abs(whole.gradients[i][k] - three[0].gradients[i][k]));
    }
    if (largest > 0) worst = std::max(worst, apart / largest);
  }
  CHECK(std::abs(three[0].loss - whole.loss) < 1e-12);
  CHECK(worst < 1e-9);
  const std::vector<Step> again = steps_of(3, true);
  for (std::size_t rank = 0; rank < 3; ++rank) {
    CHECK(equal_bits(three[rank].values, again[rank].values));
    CHECK(equal_bits(three[rank].values, three[0].values));
  }
}
