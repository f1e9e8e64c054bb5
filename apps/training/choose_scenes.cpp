#include "apps/training/choose_scenes.hpp"

#include <fmt/core.h>

#include <numeric>
#include <string_view>

#include "engine/core/error.hpp"
#include "engine/core/join.hpp"

namespace fpanet {
namespace fs = std::filesystem;
namespace {

const std::vector<Index>* part_of(const Split& split, std::string_view name) {
  if (name == "train") return &split.train;
  if (name == "val") return &split.val;
  if (name == "test") return &split.test;
  return nullptr;
}

SceneChoice of_file(const fs::path& file, std::span<const std::string> ids) {
  const Split split = read_split(file, ids);
  if (!split.test.empty()) return {split.test, fmt::format("test of {}", file.string()), {}};
  std::vector<Index> all = split.train;
  all.insert(all.end(), split.val.begin(), split.val.end());
  return {std::move(all), fmt::format("all of {}", file.string()), {}};
}

/// The part of the run's split that the data has; none if it has no scene of any part.
std::optional<SceneChoice> of_run(const fs::path& file, const std::string& name,
                                  std::span<const std::string> ids) {
  constexpr std::size_t kMostNames = 5;
  const RemainingSplit left = read_remaining_split(file, ids);
  const Split& split = left.split;
  if (split.train.empty() && split.val.empty() && split.test.empty()) return std::nullopt;
  SceneChoice choice{*part_of(split, name), fmt::format("{} of {}", name, file.string()), {}};
  if (left.missing.empty()) return choice;
  std::vector<std::string> names = left.missing;
  if (names.size() > kMostNames) names.resize(kMostNames);
  choice.description += fmt::format(" without {} missing scenes", left.missing.size());
  choice.warning = fmt::format("the data lacks {} scenes of {}: {}{}; --split {} is what is left",
                               left.missing.size(), file.string(), join(names, ", "),
                               left.missing.size() > kMostNames ? ", ..." : "", name);
  return choice;
}

SceneChoice choose(const std::string& name, std::span<const std::string> ids,
                   const std::optional<fs::path>& run_split,
                   const std::optional<Split>& data_split) {
  if (name == "all") {
    std::vector<Index> all(ids.size());
    std::iota(all.begin(), all.end(), Index{0});
    return {std::move(all), "all", {}};
  }
  if (part_of({}, name) == nullptr) return of_file(name, ids);
  if (run_split) {
    if (auto choice = of_run(*run_split, name, ids)) return std::move(*choice);
  }
  if (data_split) {
    return {*part_of(*data_split, name), fmt::format("{} of the data's own split", name),
            run_split
                ? fmt::format("the data has no scene of {}; --split {} is that of its own "
                              "split",
                              run_split->string(), name)
                : fmt::format("the split that the model was trained with is not known; --split "
                              "{} is that of the data's own split, so if it was another, some "
                              "scenes may have been trained on",
                              name)};
  }
  return {*part_of(notebook_split(static_cast<Index>(ids.size())), name),
          fmt::format("{} of the notebook's split", name),
          run_split ? fmt::format("the data has no scene of {}; --split {} is that of the "
                                  "notebook's split",
                                  run_split->string(), name)
                    : fmt::format("the split that the model was trained with is not known; --split "
                                  "{} is that of the notebook's split, so if it was another, some "
                                  "scenes may have been trained on",
                                  name)};
}

}  // namespace

std::optional<fs::path> split_of_run(const fs::path& checkpoint) {
  std::error_code error;
  const fs::path absolute = fs::weakly_canonical(checkpoint, error);
  const fs::path run =
      fs::is_directory(absolute, error) ? absolute : absolute.parent_path().parent_path();
  if (run != absolute && absolute.parent_path().filename() != "checkpoints") return std::nullopt;
  const fs::path split = run / "split.csv";
  if (!fs::is_regular_file(split, error)) return std::nullopt;
  return split;
}

SceneChoice choose_scenes(const std::string& split, std::span<const std::string> ids,
                          const std::optional<fs::path>& run_split,
                          const std::optional<Split>& data_split) {
  SceneChoice choice = choose(split, ids, run_split, data_split);
  require(!choice.scenes.empty(), "--split {}: there are no scenes in {}", split,
          choice.description);
  return choice;
}

}  // namespace fpanet
