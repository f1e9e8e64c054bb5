// The whole network against PyTorch: same formula weights, same input, forward, backward and three
// AdamW steps, in double and in float.

#include <doctest/doctest.h>

#include <cmath>

#include "kernels/simd/cpu_isa.hpp"
#include "tests/support/model_golden.hpp"
#include "tests/support/tolerances.hpp"

using namespace fpanet;
using namespace fpanet::test;

namespace {

/// The golden, or nothing and a word about it.
std::optional<ModelGolden> golden_at_hand(const std::string& name) {
  auto golden = read_model_golden(name);
  if (!golden) MESSAGE("skipped: " << name << " is not at hand");
  return golden;
}

void check_state_dict(const ModelGolden& golden) {
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
void check_gradient_norms(const FormulaModel& run, const nlohmann::json& reference,
                          double tolerance, double pab_tolerance) {
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
  const auto golden = golden_at_hand(name);
  if (!golden) return;
  check_state_dict(*golden);
  FormulaModel run(*golden, Cpu{default_threads()}, DType::f64);
  run.train->run();
  CHECK(max_difference(run.train->probabilities(), golden->tensors.at("probs_train_float64")) <
        kModelDouble);
  CHECK(std::abs(run.train->loss() - golden->numbers.at("loss_float64").get<double>()) <
        kModelDouble);
  check_gradient_norms(run, golden->numbers.at("grad_l2_float64"), kModelDoubleGradient,
                       kModelDoubleGradient);
}

/// At 96x160 PyTorch's float32 is 5.5e-5 from its float64; ours is 3.9e-5 from it with AVX2, but 1.4e-5
/// without fused multiply-adds: so near to float64 that it is too far from PyTorch's float32. So a level
/// that FPANET_CPU names, which rounds as no PyTorch does, is held to float64, as near as PyTorch's float32 is.
void check_probabilities(const ModelGolden& golden, const Tensor& ours, const StateEntry& float32) {
  if (!kernels::cpu_isa_is_named()) {
    CHECK(max_difference(ours, float32) < kModelFloat);
    return;
  }
  const StateEntry& float64 = golden.tensors.at("probs_train_float64");
  CHECK(max_difference(ours, float64) <= max_difference(float32, float64));
}

void check_float(const std::string& name, double gradient_tolerance, double pab_tolerance) {
  const auto golden = golden_at_hand(name);
  if (!golden) return;
  FormulaModel run(*golden, Cpu{default_threads()}, DType::f32);
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
      check_probabilities(*golden, run.train->probabilities(), *probabilities);
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
  run.fill(*run.evaluate);  // training has used the arena since
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
