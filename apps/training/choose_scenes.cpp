#include "apps/training/choose_scenes.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <numeric>
#include <set>
#include <string_view>

#include "data/csv.hpp"
#include "data/split.hpp"
#include "engine/core/error.hpp"

namespace fpanet {
namespace fs = std::filesystem;
namespace {

bool has_all_scenes(std::span<const std::string> ids, const fs::path& split_file) {
  const std::set<std::string_view> known(ids.begin(), ids.end());
  const std::vector<CsvRow> rows = read_csv(split_file, {"id"});
  return std::all_of(rows.begin(), rows.end(),
                     [&](const CsvRow& row) { return known.contains(row.cells[0]); });
}

const std::vector<Index>* part_of(const Split& split, std::string_view name) {
  if (name == "train") return &split.train;
  if (name == "val") return &split.val;
  if (name == "test") return &split.test;
  return nullptr;
}

SceneChoice of_file(const fs::path& file, std::span<const std::string> ids) {
  const Split split = read_split(file, ids);
  if (!split.test.empty()) return {split.test, fmt::format("test of {}", file.string())};
  std::vector<Index> all = split.train;
  all.insert(all.end(), split.val.begin(), split.val.end());
  return {std::move(all), fmt::format("all of {}", file.string())};
}

SceneChoice choose(const std::string& name, std::span<const std::string> ids,
                   const std::optional<fs::path>& run_split) {
  if (name == "all") {
    std::vector<Index> all(ids.size());
    std::iota(all.begin(), all.end(), Index{0});
    return {std::move(all), "all"};
  }
  if (part_of({}, name) == nullptr) return of_file(name, ids);
  if (run_split && has_all_scenes(ids, *run_split)) {
    return {*part_of(read_split(*run_split, ids), name),
            fmt::format("{} of {}", name, run_split->string())};
  }
  return {*part_of(notebook_split(static_cast<Index>(ids.size())), name),
          fmt::format("{} of the notebook's split", name)};
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
                          const std::optional<fs::path>& run_split) {
  SceneChoice choice = choose(split, ids, run_split);
  require(!choice.scenes.empty(), "--split {}: there are no scenes in {}", split,
          choice.description);
  return choice;
}

}  // namespace fpanet
