// The whole network on the GPU: PyTorch's float64 probabilities, equal bits however it is run, and
// 24 steps of training on real tiles.

#include <doctest/doctest.h>

#include "tests/cuda/gpu.hpp"
#include "tests/cuda/parity_log.hpp"
#include "tests/support/model_golden.hpp"
#include "tests/support/tolerances.hpp"
#include "tests/support/trajectory.hpp"

namespace fpanet::test {
namespace {

void check(const std::string& suite, const std::string& op, const std::string& sample,
           const std::string& precision, double error, double tolerance) {
  CAPTURE(op);
  CAPTURE(sample);
  CAPTURE(precision);
  CHECK(error < tolerance);
  log_parity({suite, op, sample, precision, "", error, tolerance, error < tolerance});
}

TEST_CASE("cuda model: probabilities and loss against PyTorch's float64") {
  for (const std::string name : {"fpanet_resnet34_64x64", "fpanet_resnet34_96x160"}) {
    const auto golden = read_model_golden(name);
    if (!golden) {
      skip(name + " is not at hand");
      continue;
    }
    FormulaModel formula(*golden, gpu(), DType::f32);
    formula.train->run();
    check("model", "train probabilities", name, "fp32",
          max_difference(formula.train->probabilities(), golden->tensors.at("probs_train_float64")),
          kCudaModelFloat);
    check("model", "train loss", name, "fp32",
          std::abs(formula.train->loss() - golden->numbers.at("loss_float64").get<double>()),
          kCudaModelFloat);
  }
}

TEST_CASE("cuda model: evaluation mode against PyTorch's float32") {
  for (const std::string name : {"fpanet_resnet34_64x64", "fpanet_resnet34_96x160"}) {
    const auto golden = read_model_golden(name);
    if (!golden) {
      skip(name + " is not at hand");
      continue;
    }
    FormulaModel formula(*golden, gpu(), DType::f32);
    formula.evaluate->run();
    check(
        "model", "eval probabilities", name, "fp32",
        max_difference(formula.evaluate->probabilities(), golden->tensors.at("probs_eval_before")),
        kCudaModelFloat);
  }
}

// Deterministic: the heuristics' first engine is taken, for measuring compiled ones takes its time.
TEST_CASE("cuda model: folded batch norms, fp32") {
  const auto golden = read_model_golden("fpanet_resnet34_64x64");
  if (!golden) return skip("fpanet_resnet34_64x64 is not at hand");
  FormulaModel formula(*golden, deterministic_gpu(), DType::f32);
  const ModelDistance far = distance_from_golden(*golden, formula);
  check("model", "folded probabilities", "64x64", "fp32", far.predict, kCudaModelFloat);
}

TEST_CASE("cuda model: bf16 against PyTorch, training, evaluation and folded") {
  const auto golden = read_model_golden("fpanet_resnet34_96x160");
  if (!golden) return skip("fpanet_resnet34_96x160 is not at hand");
  FormulaModel formula(*golden, deterministic_gpu(), DType::f32, DType::bf16);
  const ModelDistance far = distance_from_golden(*golden, formula);
  const auto check_one = [](const std::string& what, double error, double tolerance) {
    check("model", what, "96x160", "bf16", error, tolerance);
  };
  check_one("eval probabilities", far.evaluate, kModelBf16);
  check_one("folded probabilities", far.predict, kModelBf16);
  check_one("train probabilities, mean", far.train_mean, kModelBf16TrainMean);
  check_one("train loss", far.loss, kModelBf16Loss);
}

/// Every byte that three training steps leave in the store.
std::vector<std::byte> after_three_steps(const ModelGolden& golden, const Cuda& cuda) {
  FormulaModel formula(golden, cuda, DType::f32);
  for (int step = 0; step < 3; ++step) formula.train->run();
  std::vector<std::byte> bytes;
  for (std::size_t i = 0; i < formula.store.entries().size(); ++i) {
    const Tensor host = formula.store.value(i).to(Device::cpu());
    bytes.insert(bytes.end(), host.raw(), host.raw() + host.bytes());
  }
  return bytes;
}

TEST_CASE("cuda model: three deterministic training steps give the same bits twice") {
  const auto golden = read_model_golden("fpanet_resnet34_64x64");
  if (!golden) return skip("fpanet_resnet34_64x64 is not at hand");
  const bool same = after_three_steps(*golden, deterministic_gpu()) ==
                    after_three_steps(*golden, deterministic_gpu());
  CHECK(same);
}

void check_trajectory(const std::string& precision, double largest, double mean) {
  const auto trajectory = trajectory_at_hand();
  if (!trajectory) {
    return skip("the real tiles are not at hand (FPANET_SHARED/data/deepglobe_tiles)");
  }
  const auto run = trajectory->train("cuda", precision);
  REQUIRE(run.has_value());
  const LossDistance far = distance(step_losses(*run), trajectory->float64_losses());
  check("trajectory", "largest difference", "24 steps", precision, far.largest, largest);
  check("trajectory", "mean difference", "24 steps", precision, far.mean, mean);
}

TEST_CASE("cuda trajectory: fp32 training on real tiles stays near float64") {
  check_trajectory("fp32", kTrajectoryFloat, kTrajectoryFloatMean);
}

TEST_CASE("cuda trajectory: bf16 training on real tiles stays near float64") {
  check_trajectory("bf16", kTrajectoryBf16, kTrajectoryBf16Mean);
}

}  // namespace
}  // namespace fpanet::test
