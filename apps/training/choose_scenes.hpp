#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "data/split.hpp"
#include "engine/core/shape.hpp"

namespace fpanet {

/// The split.csv of the run that `checkpoint` (--checkpoint FILE|RUN) belongs to: RUN/split.csv,
/// for RUN itself and for files in RUN/checkpoints. None if that file does not exist.
std::optional<std::filesystem::path> split_of_run(const std::filesystem::path& checkpoint);

struct SceneChoice {
  std::vector<Index> scenes;  ///< their indices in the data set
  std::string description;    ///< "test of runs/demo/split.csv"
  std::string warning;        ///< what may make the numbers less than they seem; empty if nothing
};

/// Selects the scenes of a data set (`ids`) that --split names:
///   all               every scene
///   train, val, test  that part of `run_split`, as far as the data set has its scenes; without a
///                     `run_split`, or if the data set has none of its scenes, that part of
///                     `data_split`, the split that the data bring or else the notebook's
///   otherwise         a CSV file with the columns id,split: its test rows, or all rows if it has
///                     no test rows
/// Warns of scenes of the run's split that are missing, and of the notebook's split where it need
/// not be that of the model. Throws Error if no scene is selected.
SceneChoice choose_scenes(const std::string& split, std::span<const std::string> ids,
                          const std::optional<std::filesystem::path>& run_split,
                          const std::optional<Split>& data_split = std::nullopt);

}  // namespace fpanet
