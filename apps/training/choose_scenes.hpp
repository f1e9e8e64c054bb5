#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/core/shape.hpp"

namespace fpanet {

/// The split.csv of the run that `checkpoint` (--checkpoint FILE|RUN) belongs to: RUN/split.csv,
/// for RUN itself and for files in RUN/checkpoints. None if that file does not exist.
std::optional<std::filesystem::path> split_of_run(const std::filesystem::path& checkpoint);

struct SceneChoice {
  std::vector<Index> scenes;  ///< their indices in the data set
  std::string description;    ///< "test of runs/demo/split.csv"
};

/// Selects the scenes of a data set (`ids`) that --split names:
///   all               every scene
///   train, val, test  that part of `run_split`, if it is given and the data set has all of its
///                     scenes; else that part of the notebook's split
///   otherwise         a CSV file with the columns id,split: its test rows, or all rows if it has
///                     no test rows
/// Throws Error if no scene is selected.
SceneChoice choose_scenes(const std::string& split, std::span<const std::string> ids,
                          const std::optional<std::filesystem::path>& run_split);

}  // namespace fpanet
