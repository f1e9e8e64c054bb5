// fpanet_train on real tiles against PyTorch's run of the same recipe: 64 tiles, batch 8, no
// augmentation, no shuffling, 3 epochs of AdamW from formula weights. Minutes, so labelled `long`.

#include <doctest/doctest.h>
#include <fmt/core.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "apps/common/metrics_table.hpp"
#include "engine/weights/safetensors.hpp"
#include "models/model_file.hpp"
#include "tests/support/formula.hpp"
#include "tests/support/golden.hpp"

using namespace fpanet;
namespace fs = std::filesystem;

namespace {

struct Trajectory {
  nlohmann::json golden;
  fs::path tiles, work;
};

/// The golden's numbers, and a work folder with its split and the formula weights; nothing when the
/// tiles are not at hand.
std::optional<Trajectory> prepare() {
  const auto path = test::golden_path("trajectory_real_tiles.json");
  const fs::path tiles =
      (fs::path(FPANET_TEST_DATA) / "../../../shared/data/deepglobe_tiles").lexically_normal();
  if (!path || !fs::exists(tiles)) {
    MESSAGE("skipped: the real tiles are not at hand");
    return std::nullopt;
  }
  Trajectory trajectory{nlohmann::json::parse(std::ifstream(*path)), tiles,
                        fs::temp_directory_path() / fmt::format("fpanet-trajectory-{}", getpid())};
  fs::create_directories(trajectory.work);

  std::ofstream split(trajectory.work / "split.csv");
  split << "id,split\n";
  const auto ids = trajectory.golden.at("tiles").get<std::vector<std::string>>();
  const auto train = trajectory.golden.at("train").get<std::size_t>();
  for (std::size_t i = 0; i < ids.size(); ++i) {
    split << ids[i] << (i < train ? ",train\n" : ",val\n");
  }

  ParameterStore store;
  const FPANet model(store, {});
  store.allocate(DType::f32, Device::cpu(), false);
  test::fill_with_formula(store);
  write_safetensors(trajectory.work / "formula.safetensors", to_state_dict(store));
  return trajectory;
}

/// Runs fpanet_train and returns the run folder.
fs::path train(const Trajectory& trajectory, const std::string& precision) {
  const fs::path run = trajectory.work / precision;
  const std::string command = fmt::format(
      "'{}' --data '{}' --split '{}' --init '{}' --run '{}' --epochs 3 --batch-size 8 --lr 1e-4 "
      "--augment none --shuffle off --protocol notebook --precision {} --device cpu --quiet",
      FPANET_TRAIN_PROGRAM, trajectory.tiles.string(), (trajectory.work / "split.csv").string(),
      (trajectory.work / "formula.safetensors").string(), run.string(), precision);
  REQUIRE(std::system(command.c_str()) == 0);
  return run;
}

std::vector<double> step_losses(const fs::path& run) {
  std::vector<double> losses;
  for (const MetricPoint& point : MetricsTable::read(run / "steps.csv").values("train/Loss")) {
    losses.push_back(point.value);
  }
  return losses;
}

}  // namespace

TEST_CASE("fp64 training gives PyTorch's float64 losses and metrics on real tiles") {
  const auto trajectory = prepare();
  if (!trajectory) return;
  const fs::path run = train(*trajectory, "fp64");
  const auto expected = trajectory->golden.at("step_loss_float64").get<std::vector<double>>();
  const std::vector<double> losses = step_losses(run);
  REQUIRE(losses.size() == expected.size());
  for (std::size_t i = 0; i < losses.size(); ++i) {
    CAPTURE(i);
    CHECK(std::abs(losses[i] - expected[i]) < 1e-6);
  }
  const MetricsTable table = MetricsTable::read(run / "metrics.csv");
  for (std::size_t epoch = 0; epoch < 3; ++epoch) {
    for (const char* part : {"train", "val"}) {
      const auto& metrics = trajectory->golden.at("epoch_float64").at(epoch).at(part);
      for (const auto& [name, value] : metrics.items()) {
        CAPTURE(name);
        const auto points = table.values(fmt::format("{}/{}", part, name));
        REQUIRE(points.size() == 3);
        CHECK(std::abs(points[epoch].value - value.get<double>()) < 1e-6);
      }
    }
  }
  fs::remove_all(trajectory->work);
}

TEST_CASE("fp32 training stays as near to float64 as PyTorch's float32 does") {
  const auto trajectory = prepare();
  if (!trajectory) return;
  const fs::path run = train(*trajectory, "fp32");
  const auto expected = trajectory->golden.at("step_loss_float64").get<std::vector<double>>();
  const std::vector<double> losses = step_losses(run);
  REQUIRE(losses.size() == expected.size());
  double sum = 0;
  for (std::size_t i = 0; i < losses.size(); ++i) {
    CAPTURE(i);
    const double difference = std::abs(losses[i] - expected[i]);
    CHECK(difference < (i < 4 ? 1.5e-4 : 1.5e-2));
    sum += difference;
  }
  CHECK(sum / static_cast<double>(losses.size()) < 2e-3);
  fs::remove_all(trajectory->work);
}
