#pragma once
// The split of the scenes into three parts: train, val (for early stopping) and test.

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "engine/core/shape.hpp"

namespace fpanet {

/// Indices into the scenes of the data set, in the order in which they are used without shuffling.
struct Split {
  std::vector<Index> train, val, test;
  bool operator==(const Split&) const = default;
};

/// The FPA-Net notebook's exact split of `count` files sorted by name: shuffle with numpy's
/// MT19937(seed), take a quarter for test, then a fifth of the rest for val (scikit-learn's
/// train_test_split, random_state 0). Throws Error for fewer than 3 scenes, which would leave no
/// scene for training.
Split notebook_split(Index count, std::uint32_t seed = 42);

/// Reads the columns id,split (train, val or test) and keeps the order of the file. Scenes of `ids`
/// that are not listed are left out. Throws an Error that names the file and, with their lines, all
/// ids that are unknown or listed twice.
Split read_split(const std::filesystem::path& path, std::span<const std::string> ids);

/// The part of a run's split that is left: like read_split, except that scenes that `ids` lacks are
/// left out and named in `missing`.
struct RemainingSplit {
  Split split;
  std::vector<std::string> missing;
};
RemainingSplit read_remaining_split(const std::filesystem::path& path,
                                    std::span<const std::string> ids);

void write_split(const std::filesystem::path& path, const Split& split,
                 std::span<const std::string> ids);

}  // namespace fpanet
