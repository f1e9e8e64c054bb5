// U-Net as segmentation-models-pytorch builds it, and FPA-Net with parts taken away or changed, against
// PyTorch's float64: the same formula weights and input, forward and backward.

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <string>

#include "tests/support/network_golden.hpp"
#include "tests/support/tolerances.hpp"

namespace fpanet::test {
namespace {

void report(const NetworkDistance& far) {
  MESSAGE("evaluate " << far.evaluate << ", predict " << far.predict << ", train " << far.train
                      << ", logits " << far.evaluate_logits << " and " << far.train_logits
                      << ", loss " << far.loss << ", gradients " << far.gradient << " and "
                      << far.gradient_pab);
}

TEST_CASE("U-Net and every variant of FPA-Net in double match PyTorch's float64") {
  const std::vector<NetworkGolden> goldens = network_goldens();
  REQUIRE(goldens.size() == 7);
  CHECK(std::ranges::count_if(goldens, [](const auto& g) { return !g.averaged.empty(); }) == 1);
  for (const NetworkGolden& golden : goldens) {
    CAPTURE(golden.name);
    const NetworkDistance far = distance(golden, Cpu{default_threads()}, DType::f64);
    report(far);
    CHECK(far.evaluate_logits < kModelDouble);
    CHECK(far.train_logits < kModelDouble);
    CHECK(far.evaluate < kModelDouble);
    CHECK(far.predict < kModelDouble);
    CHECK(far.averaged < kModelDouble);
    CHECK(far.train < kModelDouble);
    CHECK(far.loss < kModelDouble);
    CHECK(far.gradient < kModelDoubleGradient);
    CHECK(far.gradient_pab < kModelDoubleGradient);
    CHECK(far.wrong_gradients == std::vector<std::string>{});
  }
}

/// How far PyTorch 2.15's own float32 is from its float64 where that is further than the tolerances of a
/// whole network. The variants' deepest maps have 1x2 pixels, so in training batch norm divides by
/// deviations of four values, and rounding in float grows with the inverse of the smallest of them.
struct TorchFloat {
  double train = 0, gradient = 0, gradient_pab = 0;
};
const std::map<std::string, TorchFloat> kTorchFloat = {
    {"pab_image", {.train = 3.2e-5, .gradient = 2.9e-2, .gradient_pab = 0.83}},
    {"none_highpass", {.gradient = 4.0e-3}},
    {"pab_highpass_r3", {.gradient = 3.2e-3, .gradient_pab = 7.1e-3}},
    {"none_image", {.gradient = 8.2e-3}},
    {"pab_highpass_r10", {.gradient = 3.0e-3, .gradient_pab = 1.4e-2}},
};

TEST_CASE("U-Net and every variant of FPA-Net in float match PyTorch's float64") {
  for (const NetworkGolden& golden : network_goldens()) {
    CAPTURE(golden.name);
    const NetworkDistance far = distance(golden, Cpu{default_threads()}, DType::f32);
    report(far);
    const auto found = kTorchFloat.find(golden.name);
    const TorchFloat theirs = found == kTorchFloat.end() ? TorchFloat{} : found->second;
    CHECK(far.evaluate < kModelFloat);
    CHECK(far.predict < kModelFloat);
    CHECK(far.averaged < kModelFloat);
    CHECK(far.loss < kModelFloatLoss);
    CHECK(far.train < std::max(kModelFloat, theirs.train));
    CHECK(far.gradient < std::max(kModelFloatGradient, theirs.gradient));
    CHECK(far.gradient_pab < std::max(kModelFloatGradientPab, theirs.gradient_pab));
  }
}

TEST_CASE("U-Net's state dict has SMP's names in SMP's order") {
  const NetworkGolden golden = network_goldens().front();
  ParameterStore store;
  const auto network = make_network(store, golden.config);
  const auto& shapes = golden.numbers.at("shapes");
  REQUIRE(store.entries().size() == shapes.size());
  CHECK(store.parameter_count() == golden.numbers.at("parameters").get<Index>());
  std::size_t i = 0;
  for (const auto& [name, shape] : shapes.items()) {
    CHECK(store.entries()[i].name == name);
    const auto sizes = shape.get<std::vector<Index>>();
    CHECK(store.entries()[i++].shape == Shape(std::span<const Index>(sizes)));
  }
}

}  // namespace
}  // namespace fpanet::test
