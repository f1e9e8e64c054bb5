// The whole network against PyTorch: same formula weights, same input, forward, backward and three
// AdamW steps, in double and in float.

#include <doctest/doctest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "engine/core/layout.hpp"
#include "engine/weights/safetensors.hpp"
#include "models/program.hpp"
#include "tests/support/formula.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/tolerances.hpp"

using namespace fpanet;
using namespace fpanet::test;

namespace {

constexpr Index kLabelsUsed = 6;  // class 6 is absent on purpose

struct Golden {
  nlohmann::json numbers;
  StateDict tensors;
  Index height = 0, width = 0;
};

std::optional<Golden> read_golden(const std::string& name) {
  const auto json = golden_path(name + ".json");
  const auto tensors = golden_path(name + ".safetensors");
  if (!json || !tensors) {
    MESSAGE("skipped: " << name << " is not at hand");
    return std::nullopt;
  }
  Golden golden;
  golden.numbers = nlohmann::json::parse(std::ifstream(*json));
  golden.tensors = read_safetensors(*tensors).tensors;
  golden.height = golden.numbers.at("height");
  golden.width = golden.numbers.at("width");
  return golden;
}

double max_difference(const Tensor& ours, const StateEntry& theirs) {
  const std::vector<double> a = to_row_major<double>(ours.cast(DType::f64));
  const std::vector<double> b = theirs.values<double>();
  REQUIRE(a.size() == b.size());
  double worst = 0;
  for (std::size_t i = 0; i < a.size(); ++i) worst = std::max(worst, std::abs(a[i] - b[i]));
  return worst;
}

double l2_norm(const Tensor& tensor) {
  double sum = 0;
  const Tensor wide = tensor.cast(DType::f64);
  for (const double value : wide.span<double>()) sum += value * value;
  return std::sqrt(sum);
}

/// FPA-Net under formula weights with its programs at a golden's size.
struct Run {
  Run(const Golden& golden, DType dtype) : model(store, {}), arena(Device::cpu()) {
    store.allocate(dtype, Device::cpu(), true);
    fill_with_formula(store);
    optimizer.emplace(store, 1e-4);
    ProgramOptions options{.kind = ProgramKind::train,
                           .batch = 2,
                           .height = golden.height,
                           .width = golden.width,
                           .image_dtype = dtype,
                           .keep_probabilities = true};
    const Cpu cpu{default_threads()};
    train.emplace(cpu, model, &*optimizer, store, options);
    options.kind = ProgramKind::evaluate;
    evaluate.emplace(cpu, model, nullptr, store, options);
    arena.reserve(train->plan());
    for (Program* program : {&*train, &*evaluate}) {
      program->bind(arena);
      fill(*program, dtype, golden);
    }
  }

  void fill(Program& program, DType dtype, const Golden& golden) {
    const Shape image{2, 3, golden.height, golden.width};
    program.images().copy_from(formula_tensor("input", image, dtype));
    program.labels().copy_from(
        formula_labels("labels", {2, 1, golden.height, golden.width}, kLabelsUsed));
  }

  ParameterStore store;
  FPANet model;
  std::optional<AdamWState> optimizer;
  Arena arena;
  std::optional<Program> train, evaluate;
};

void check_state_dict(const Golden& golden) {
  ParameterStore store;
  const FPANet model(store, {});
  // nlohmann's default object sorts its keys, so order is checked through ordered_json elsewhere.
  const auto& shapes = golden.numbers.at("shapes");
  REQUIRE(store.entries().size() == shapes.size());
  CHECK(store.parameter_count() == golden.numbers.at("parameters").get<Index>());
  for (const ParameterEntry& entry : store.entries()) {
    REQUIRE(shapes.contains(entry.name));
    const auto sizes = shapes.at(entry.name).get<std::vector<Index>>();
    CHECK(entry.shape == Shape(std::span<const Index>(sizes)));
  }
}

/// Relative difference of every gradient's L2 norm; `reference` maps names to norms or null.
void check_gradient_norms(const Run& run, const nlohmann::json& reference, double tolerance,
                          double pab_tolerance) {
  const auto trained = run.train->graph().trained_parameters();
  for (std::size_t i = 0; i < run.store.entries().size(); ++i) {
    const ParameterEntry& entry = run.store.entries()[i];
    if (entry.kind != EntryKind::parameter) continue;
    CAPTURE(entry.name);
    const bool has_gradient =
        std::find(trained.begin(), trained.end(), entry.name) != trained.end();
    REQUIRE(reference.contains(entry.name));
    REQUIRE(has_gradient == !reference.at(entry.name).is_null());
    if (!has_gradient) continue;
    const auto& value = reference.at(entry.name);
    const double expected = value.is_object() ? value.at("l2").get<double>() : value.get<double>();
    const bool pab_1x1 = entry.name.find("top_conv") != std::string::npos ||
                         entry.name.find("center_conv") != std::string::npos;
    const double relative = std::abs(l2_norm(run.store.gradient(i)) - expected) / expected;
    CHECK(relative < (pab_1x1 ? pab_tolerance : tolerance));
  }
}

void check_double(const std::string& name) {
  const auto golden = read_golden(name);
  if (!golden) return;
  check_state_dict(*golden);
  Run run(*golden, DType::f64);
  run.train->run();
  CHECK(max_difference(run.train->probabilities(), golden->tensors.at("probs_train_float64")) <
        kModelDouble);
  CHECK(std::abs(run.train->loss() - golden->numbers.at("loss_float64").get<double>()) <
        kModelDouble);
  check_gradient_norms(run, golden->numbers.at("grad_l2_float64"), kModelDoubleGradient,
                       kModelDoubleGradient);
}

void check_float(const std::string& name, double gradient_tolerance, double pab_tolerance) {
  const auto golden = read_golden(name);
  if (!golden) return;
  Run run(*golden, DType::f32);
  run.evaluate->run();
  CHECK(max_difference(run.evaluate->probabilities(), golden->tensors.at("probs_eval_before")) <
        kModelFloat);

  const auto losses = golden->numbers.at("loss").get<std::vector<double>>();
  for (std::size_t step = 0; step < losses.size(); ++step) {
    CAPTURE(step);
    run.train->run();
    CHECK(std::abs(run.train->loss() - losses[step]) <
          (step == 0 ? kModelFloatLoss : kModelFloatLaterLoss));
    if (step > 0) continue;
    if (const StateEntry* probabilities = golden->tensors.find("probs_train")) {
      CHECK(max_difference(run.train->probabilities(), *probabilities) < kModelFloat);
    }
    check_gradient_norms(run, golden->numbers.at("grad"), gradient_tolerance, pab_tolerance);
    for (std::size_t i = 0; i < run.store.entries().size(); ++i) {
      const std::string& entry = run.store.entries()[i].name;
      CAPTURE(entry);
      if (run.store.entries()[i].kind == EntryKind::counter) {
        CHECK(run.store.value(i).data<std::int64_t>()[0] == 1);
        continue;
      }
      // Adam's first step moves every weight by lr * sign(g); where g is rounding noise the sign is
      // too, which norms hardly see.
      const double expected = golden->numbers.at("after_step_1").at(entry).at("l2");
      CHECK(l2_norm(run.store.value(i)) == doctest::Approx(expected).epsilon(kStateAfterOneStep));
    }
  }
  for (std::size_t i = 0; i < run.store.entries().size(); ++i) {
    const std::string& entry = run.store.entries()[i].name;
    CAPTURE(entry);
    const double expected = golden->numbers.at("after_all_steps_l2").at(entry);
    CHECK(l2_norm(run.store.value(i)) == doctest::Approx(expected).epsilon(kStateAfterSteps));
  }
  run.fill(*run.evaluate, DType::f32, *golden);  // training has used the arena since
  run.evaluate->run();
  // Three sign-like steps on noise: PyTorch differs from itself by as much between float and
  // double.
  CHECK(max_difference(run.evaluate->probabilities(), golden->tensors.at("probs_eval_after")) <
        kModelFloatAfterSteps);
}

}  // namespace

TEST_CASE("FPA-Net in double matches PyTorch's float64 at 64x64") {
  check_double("fpanet_resnet34_64x64");
}

TEST_CASE("FPA-Net in double matches PyTorch's float64 at 96x160") {
  check_double("fpanet_resnet34_96x160");
}

TEST_CASE("FPA-Net in float matches PyTorch's float32 at 64x64") {
  check_float("fpanet_resnet34_64x64", kModelFloatGradient, kModelFloatGradientPab);
}

TEST_CASE("FPA-Net in float matches PyTorch's float32 at 96x160") {
  check_float("fpanet_resnet34_96x160", kModelFloatGradientEdge, kModelFloatGradientEdge);
}
