#pragma once
// fpanet_train on real tiles beside PyTorch's run of the same recipe: 64 tiles, batch 8, no
// augmentation, no shuffling, 3 epochs of AdamW from formula weights.

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/scratch_folder.hpp"

namespace fpanet::test {

class Trajectory {
 public:
  /// Writes the golden's split and the formula weights into a folder of its own.
  Trajectory(nlohmann::json golden, std::filesystem::path tiles);

  const nlohmann::json& golden() const { return golden_; }
  std::vector<double> float64_losses() const;
  /// Runs fpanet_train; the run folder, or nothing when it failed.
  std::optional<std::filesystem::path> train(const std::string& device,
                                             const std::string& precision) const;

 private:
  nlohmann::json golden_;
  std::filesystem::path tiles_;
  ScratchFolder work_;
};

/// The golden's trajectory; nothing when it or the tiles are not at hand. They are looked for in
/// data/deepglobe_tiles of the shared folder (tests/support/golden.hpp).
std::optional<Trajectory> trajectory_at_hand();

/// train/Loss of every step of a run.
std::vector<double> step_losses(const std::filesystem::path& run);

/// How far a run's losses are from the float64 ones.
struct LossDistance {
  double first_four = 0;  ///< the largest of steps 0 to 3, before training amplifies rounding
  double largest = 0;
  double mean = 0;
};
LossDistance distance(const std::vector<double>& losses, const std::vector<double>& reference);

}  // namespace fpanet::test
