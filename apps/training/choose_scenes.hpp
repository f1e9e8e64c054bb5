#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/core/shape.hpp"

namespace fpanet {

/// split.csv of the run that a --checkpoint FILE|RUN comes from: RUN/split.csv for RUN itself and
/// for files in RUN/checkpoints. None if there is no such file.
std::optional<std::filesystem::path> split_of_run(const std::filesystem::path& checkpoint);

struct SceneChoice {
  std::vector<Index> scenes;  ///< numbers in the data set
  std::string description;    ///< "test of runs/demo/split.csv"
};

/// The scenes of a data set (`ids`) that --split names.
/// all: every scene. train, val, test: of `run_split`, if there is one and the data has all of its
/// scenes, else of the notebook's split. Anything else: a CSV file with the columns id,split, of
/// which the test rows count, or all if it has none. Throws Error when no scene remains.
SceneChoice choose_scenes(const std::string& split, std::span<const std::string> ids,
                          const std::optional<std::filesystem::path>& run_split);

}  // namespace fpanet
