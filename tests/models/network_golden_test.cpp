// U-Net as segmentation-models-pytorch builds it, and FPA-Net with parts taken away or changed, against
// PyTorch's float64: the same formula weights and input, forward and backward.

#include <doctest/doctest.h>

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
  for (const NetworkGolden& golden : goldens) {
    CAPTURE(golden.name);
    const NetworkDistance far = distance(golden, Cpu{default_threads()}, DType::f64);
    report(far);
    CHECK(far.evaluate_logits < kModelDouble);
    CHECK(far.train_logits < kModelDouble);
    CHECK(far.evaluate < kModelDouble);
    CHECK(far.predict < kModelDouble);
    CHECK(far.train < kModelDouble);
    CHECK(far.loss < kModelDouble);
    CHECK(far.gradient < kModelDoubleGradient);
    CHECK(far.gradient_pab < kModelDoubleGradient);
    CHECK(far.wrong_gradients == std::vector<std::string>{});
  }
}

TEST_CASE("U-Net and every variant of FPA-Net in float match PyTorch's float64") {
  for (const NetworkGolden& golden : network_goldens()) {
    CAPTURE(golden.name);
    const NetworkDistance far = distance(golden, Cpu{default_threads()}, DType::f32);
    report(far);
    CHECK(far.evaluate < kModelFloat);
    CHECK(far.predict < kModelFloat);
    CHECK(far.train < kModelFloat);
    CHECK(far.loss < kModelFloatLoss);
    CHECK(far.gradient < kModelFloatGradient);
    CHECK(far.gradient_pab < kModelFloatGradientPab);
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
