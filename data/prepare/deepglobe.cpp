#include <fmt/core.h>

#include <map>

#include "data/csv.hpp"
#include "data/first_names.hpp"
#include "data/prepare/layouts.hpp"
#include "engine/core/error.hpp"
#include "engine/core/join.hpp"

namespace fpanet::prepare {
namespace {

/// The archive's name of a part, as a split has it.
std::string part_of(const std::string& name, const std::string& where) {
  if (name == "train" || name == "test") return name;
  require(name == "valid" || name == "val", "{}: the part '{}' is neither train, valid nor test",
          where, name);
  return "val";
}

}  // namespace

std::vector<std::string> deepglobe(const fs::path& source, const fs::path& out) {
  const fs::path table = source / "metadata.csv";
  require(fs::exists(table),
          "{}: is missing: expected the unpacked archive of DeepGlobe's land cover, with "
          "metadata.csv and the "
          "folders train, valid and test",
          table.string());
  std::vector<std::string> missing;
  std::map<std::string, Index> labelled, unlabelled;
  std::vector<std::vector<std::string>> split{{"id", "split"}};
  for (const CsvRow& row : read_csv(table, {"image_id", "split", "sat_image_path", "mask_path"})) {
    const std::string& id = row.cells[0];
    const std::string part = part_of(row.cells[1], fmt::format("{}:{}", table.string(), row.line));
    const fs::path image = source / row.cells[2], mask = source / row.cells[3];
    if (!fs::exists(image)) missing.push_back(row.cells[2]);
    if (row.cells[3].empty()) {
      ++unlabelled[part];
      continue;
    }
    if (!fs::exists(mask)) missing.push_back(row.cells[3]);
    if (!missing.empty()) continue;
    place(image, out / (id + "_sat" + image.extension().string()));
    place(mask, out / (id + "_mask" + mask.extension().string()));
    split.push_back({id, part});
    ++labelled[part];
  }
  require(missing.empty(), "{}: {} files of metadata.csv are missing: {}", source.string(),
          missing.size(), first_names(missing));
  require(!labelled.empty(), "{}: names no mask, so there is nothing to learn from",
          table.string());
  std::vector<std::string> notes;
  for (const auto& [part, count] : labelled) {
    notes.push_back(fmt::format("{}: {} images with masks", part, count));
  }
  for (const auto& [part, count] : unlabelled) {
    notes.push_back(fmt::format(
        "{}: {} images without masks, which are left aside: the archive has none of them", part,
        count));
  }
  if (labelled.size() > 1) {
    write_lines(out / "split.csv", split);
    notes.push_back(fmt::format("the archive's parts are in {}: give it with --split",
                                (out / "split.csv").string()));
  }
  return notes;
}

}  // namespace fpanet::prepare
