#include "data/split.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <optional>
#include <set>
#include <string_view>
#include <unordered_map>

#include "data/csv.hpp"
#include "data/file_bytes.hpp"
#include "data/numpy_random.hpp"
#include "engine/core/error.hpp"

namespace fpanet {

namespace {

std::vector<Index> shuffled(std::vector<Index> values, std::uint32_t seed) {
  NumpyRandom(seed).shuffle(values);
  return values;
}

struct TwoParts {
  std::vector<Index> train, test;
};

/// sklearn.model_selection.train_test_split(values, test_size=part, random_state=0).
TwoParts train_test_split(const std::vector<Index>& values, double part) {
  std::vector<Index> order(values.size());
  std::iota(order.begin(), order.end(), Index{0});
  order = shuffled(std::move(order), 0);
  const auto test_size =
      static_cast<std::size_t>(std::ceil(part * static_cast<double>(values.size())));
  TwoParts parts;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const Index value = values[static_cast<std::size_t>(order[i])];
    (i < test_size ? parts.test : parts.train).push_back(value);
  }
  return parts;
}

struct NamedPart {
  std::string_view name;
  std::vector<Index> Split::*part;
};
constexpr std::array kParts{NamedPart{"train", &Split::train}, NamedPart{"val", &Split::val},
                            NamedPart{"test", &Split::test}};

/// A row of a split file.
struct Row {
  Index line = 0;
  std::string id;
  std::optional<Index> scene;  // none if the data does not have it
  std::vector<Index> Split::*part;
};

/// Appends what is wrong with a row, other than an unknown scene, to `problems`.
std::vector<Row> read_rows(const std::filesystem::path& path, std::span<const std::string> ids,
                           std::string& problems) {
  std::unordered_map<std::string_view, Index> scene_of;
  for (std::size_t i = 0; i < ids.size(); ++i) scene_of[ids[i]] = static_cast<Index>(i);
  std::vector<Row> rows;
  std::set<std::string> seen;
  for (const CsvRow& row : read_csv(path, {"id", "split"})) {
    const std::string& id = row.cells[0];
    const std::string& name = row.cells[1];
    const auto scene = scene_of.find(id);
    const auto* part = std::find_if(kParts.begin(), kParts.end(),
                                    [&](const NamedPart& known) { return known.name == name; });
    if (part == kParts.end()) {
      problems += fmt::format("\n  line {}: '{}' is neither train, val nor test", row.line, name);
    } else if (!seen.insert(id).second) {
      problems += fmt::format("\n  line {}: '{}' is listed twice", row.line, id);
    } else {
      rows.push_back({row.line, id,
                      scene == scene_of.end() ? std::nullopt : std::optional(scene->second),
                      part->part});
    }
  }
  return rows;
}

}  // namespace

Split notebook_split(Index count, std::uint32_t seed) {
  constexpr double kTestPart = 0.25, kValPart = 0.2;
  constexpr Index kFewest = 3;
  require(count >= kFewest,
          "split: {} scene{} cannot be split into train, val and test (at least {} are needed)",
          count, count == 1 ? "" : "s", kFewest);
  std::vector<Index> all(static_cast<std::size_t>(count));
  std::iota(all.begin(), all.end(), Index{0});
  TwoParts outer = train_test_split(shuffled(std::move(all), seed), kTestPart);
  TwoParts inner = train_test_split(outer.train, kValPart);
  return {std::move(inner.train), std::move(inner.test), std::move(outer.test)};
}

RemainingSplit read_remaining_split(const std::filesystem::path& path,
                                    std::span<const std::string> ids) {
  RemainingSplit result;
  std::string problems;
  for (const Row& row : read_rows(path, ids, problems)) {
    if (row.scene) {
      (result.split.*row.part).push_back(*row.scene);
    } else {
      result.missing.push_back(row.id);
    }
  }
  require(problems.empty(), "{}:{}", path.string(), problems);
  return result;
}

Split read_split(const std::filesystem::path& path, std::span<const std::string> ids) {
  Split split;
  std::string problems;
  Index scenes = 0;
  for (const Row& row : read_rows(path, ids, problems)) {
    if (row.scene) {
      (split.*row.part).push_back(*row.scene);
      ++scenes;
    } else {
      problems += fmt::format("\n  line {}: the data has no scene '{}'", row.line, row.id);
    }
  }
  require(problems.empty(), "{}:{}", path.string(), problems);
  require(scenes > 0, "{}: lists no scene", path.string());
  return split;
}

void write_split(const std::filesystem::path& path, const Split& split,
                 std::span<const std::string> ids) {
  std::string text = "id,split\n";
  for (const NamedPart& part : kParts) {
    for (const Index scene : split.*part.part) {
      text += csv_line(
          std::vector<std::string>{ids[static_cast<std::size_t>(scene)], std::string(part.name)});
    }
  }
  write_file_bytes(path, {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

}  // namespace fpanet
