// fpanet_train on real tiles against PyTorch's run of the same recipe. Minutes, so labelled `long`.

#include <doctest/doctest.h>
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "apps/training/metrics_table.hpp"
#include "tests/support/tolerances.hpp"
#include "tests/support/trajectory.hpp"

using namespace fpanet;
using namespace fpanet::test;

namespace {

std::vector<double> losses_of_another_pytorch() {
  std::ifstream file(std::string(FPANET_TEST_DATA) + "/trajectory_pytorch_2_15.json");
  return nlohmann::json::parse(file).at("step_loss_float64").get<std::vector<double>>();
}

}  // namespace

// Training amplifies rounding, up to a thousandfold a step: PyTorch 2.15 in float64 leaves the losses
// that PyTorch 1.13 gave in float64 by more than 1e-6 after 12 steps and by 1e-3 at the end. The two of
// them show how far double determines a loss. While they agree ten times better than the bar, so
// must we reach it; afterwards we must be as near as one is to the other, within a factor of ten.
TEST_CASE("fp64 training gives PyTorch's float64 losses on real tiles, as far as double does") {
  const auto trajectory = trajectory_at_hand();
  if (!trajectory) {
    MESSAGE("skipped: the real tiles are not at hand");
    return;
  }
  const std::vector<double> reference = trajectory->float64_losses();
  const std::vector<double> other = losses_of_another_pytorch();
  REQUIRE(other.size() == reference.size());
  const auto run = trajectory->train("cpu", "fp64");
  REQUIRE(run.has_value());
  const std::vector<double> ours = step_losses(*run);
  REQUIRE(ours.size() == reference.size());

  std::size_t determined = 0;
  double apart = 0;  // the two PyTorch runs, up to this step
  for (std::size_t step = 0; step < ours.size(); ++step) {
    apart = std::max(apart, std::abs(other[step] - reference[step]));
    const double far = std::abs(ours[step] - reference[step]);
    MESSAGE(fmt::format("step {:2}: {:.16f}, {:.1e} from PyTorch 1.13, which is {:.1e} from 2.15",
                        step, ours[step], far, std::abs(other[step] - reference[step])));
    if (apart < kTrajectoryDouble / 10) {
      CHECK(far < kTrajectoryDouble);
      determined = step + 1;
    } else {
      CHECK(far < 10 * apart);
    }
  }
  CHECK(determined >= 9);

  // The first epoch is eight steps, its validation follows them.
  const MetricsTable table = MetricsTable::read(*run / "metrics.csv");
  for (const char* part : {"train", "val"}) {
    const auto& metrics = trajectory->golden().at("epoch_float64").at(0).at(part);
    for (const auto& one : metrics.items()) {
      const std::string& name = one.key();
      CAPTURE(name);
      const auto points = table.values(fmt::format("{}/{}", part, name));
      REQUIRE(points.size() == 3);
      CHECK(std::abs(points[0].value - one.value().get<double>()) < kTrajectoryDouble);
    }
  }
}

TEST_CASE("fp32 training stays as near to float64 as PyTorch's float32 does") {
  const auto trajectory = trajectory_at_hand();
  if (!trajectory) {
    MESSAGE("skipped: the real tiles are not at hand");
    return;
  }
  const auto run = trajectory->train("cpu", "fp32");
  REQUIRE(run.has_value());
  const LossDistance far = distance(step_losses(*run), trajectory->float64_losses());
  CHECK(far.first_four < kTrajectoryFloatStart);
  CHECK(far.largest < kTrajectoryFloat);
  CHECK(far.mean < kTrajectoryFloatMean);
}
