// fpanet_train on real tiles against PyTorch's run of the same recipe. Minutes, so labelled `long`.

#include <doctest/doctest.h>
#include <fmt/core.h>

#include <cmath>

#include "apps/common/metrics_table.hpp"
#include "tests/support/tolerances.hpp"
#include "tests/support/trajectory.hpp"

using namespace fpanet;
using namespace fpanet::test;

TEST_CASE("fp64 training gives PyTorch's float64 losses and metrics on real tiles") {
  const auto trajectory = trajectory_at_hand();
  if (!trajectory) {
    MESSAGE("skipped: the real tiles are not at hand");
    return;
  }
  const auto run = trajectory->train("cpu", "fp64");
  REQUIRE(run.has_value());
  CHECK(distance(step_losses(*run), trajectory->float64_losses()).largest < kTrajectoryDouble);
  const MetricsTable table = MetricsTable::read(*run / "metrics.csv");
  for (std::size_t epoch = 0; epoch < 3; ++epoch) {
    for (const char* part : {"train", "val"}) {
      const auto& metrics = trajectory->golden().at("epoch_float64").at(epoch).at(part);
      for (const auto& [name, value] : metrics.items()) {
        CAPTURE(name);
        const auto points = table.values(fmt::format("{}/{}", part, name));
        REQUIRE(points.size() == 3);
        CHECK(std::abs(points[epoch].value - value.get<double>()) < kTrajectoryDouble);
      }
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
