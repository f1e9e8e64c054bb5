#include "tests/support/trajectory.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <limits>

#include "apps/training/metrics_table.hpp"
#include "engine/weights/safetensors/safetensors.hpp"
#include "models/model_file.hpp"
#include "tests/support/formula.hpp"
#include "tests/support/golden.hpp"

namespace fpanet::test {
namespace fs = std::filesystem;

Trajectory::Trajectory(nlohmann::json golden, fs::path tiles)
    : golden_(std::move(golden)), tiles_(std::move(tiles)) {
  std::ofstream split(work_ / "split.csv");
  split << "id,split\n";
  const auto ids = golden_.at("tiles").get<std::vector<std::string>>();
  const auto train = golden_.at("train").get<std::size_t>();
  for (std::size_t i = 0; i < ids.size(); ++i) {
    split << ids[i] << (i < train ? ",train\n" : ",val\n");
  }
  ParameterStore store;
  const FPANet model(store, {});
  store.allocate(DType::f32, Device::cpu(), false);
  fill_with_formula(store);
  write_safetensors(work_ / "formula.safetensors", to_state_dict(store));
}

std::vector<double> Trajectory::float64_losses() const {
  return golden_.at("step_loss_float64").get<std::vector<double>>();
}

std::optional<fs::path> Trajectory::train(const std::string& device,
                                          const std::string& precision) const {
  const fs::path program = place("FPANET_PROGRAMS", FPANET_PROGRAMS) / "fpanet_train";
  const fs::path run = work_ / fmt::format("{}-{}", device, precision);
  const std::string command = fmt::format(
      "'{}' --data '{}' --split '{}' --init '{}' --run '{}' --epochs 3 --batch-size 8 --lr 1e-4 "
      "--augment none --shuffle off --protocol notebook --precision {} --device {} --quiet",
      program.string(), tiles_.string(), (work_ / "split.csv").string(),
      (work_ / "formula.safetensors").string(), run.string(), precision, device);
  if (std::system(command.c_str()) != 0) return std::nullopt;
  return run;
}

std::optional<Trajectory> trajectory_at_hand() {
  const auto path = golden_path("trajectory_real_tiles.json");
  const fs::path tiles = (shared_folder() / "data" / "deepglobe_tiles").lexically_normal();
  if (!path || !fs::exists(tiles)) return std::nullopt;
  return std::make_optional<Trajectory>(nlohmann::json::parse(std::ifstream(*path)), tiles);
}

std::vector<double> step_losses(const fs::path& run) {
  std::vector<double> losses;
  for (const MetricPoint& point : MetricsTable::read(run / "steps.csv").values("train/Loss")) {
    losses.push_back(point.value);
  }
  return losses;
}

LossDistance distance(const std::vector<double>& losses, const std::vector<double>& reference) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (losses.size() != reference.size()) return {kInfinity, kInfinity, kInfinity};
  LossDistance result;
  for (std::size_t i = 0; i < losses.size(); ++i) {
    double difference = std::abs(losses[i] - reference[i]);
    if (std::isnan(difference)) difference = kInfinity;
    if (i < 4) result.first_four = std::max(result.first_four, difference);
    result.largest = std::max(result.largest, difference);
    result.mean += difference / static_cast<double>(losses.size());
  }
  return result;
}

}  // namespace fpanet::test
