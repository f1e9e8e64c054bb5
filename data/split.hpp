#pragma once
// Which scenes train, which stop the training, which judge the result.

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "engine/core/shape.hpp"

namespace fpanet {

/// Indices into the data set's scenes, in the order in which they are visited without shuffling.
struct Split {
  std::vector<Index> train, val, test;
  bool operator==(const Split&) const = default;
};

/// The FPA-Net notebook's split of `count` files sorted by name, bit for bit: shuffle with numpy's
/// MT19937(seed), a quarter to test, then a fifth of the rest to val (scikit-learn's
/// train_test_split, random_state 0). Throws Error for fewer than 3 scenes (an empty train part).
Split notebook_split(Index count, std::uint32_t seed = 42);

/// Reads columns id,split (train, val or test), keeping the file's order. Scenes of `ids` that are
/// not listed are left out. Throws Error naming file, line and every id that is unknown or listed
/// twice.
Split read_split(const std::filesystem::path& path, std::span<const std::string> ids);

void write_split(const std::filesystem::path& path, const Split& split,
                 std::span<const std::string> ids);

}  // namespace fpanet
