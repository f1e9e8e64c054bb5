#include "data/prepare/prepare.hpp"

#include <fmt/core.h>

#include <system_error>

#include "data/csv.hpp"
#include "data/file_bytes.hpp"
#include "data/prepare/layouts.hpp"
#include "engine/core/error.hpp"
#include "engine/core/join.hpp"

namespace fpanet {

const std::vector<PublicDataset>& public_datasets() {
  static const std::vector<PublicDataset> all{
      {"deepglobe", ClassTable::deepglobe(), prepare::deepglobe, ""},
      {"gid15", prepare::gid15_classes(), prepare::gid15, "list.csv"},
      {"landcover.ai", prepare::landcover_ai_classes(), prepare::landcover_ai, "list.csv"}};
  return all;
}

const PublicDataset& find_public_dataset(std::string_view name) {
  std::vector<std::string> names;
  for (const PublicDataset& dataset : public_datasets()) {
    if (dataset.name == name) return dataset;
    names.emplace_back(dataset.name);
  }
  fail("data set '{}': expected {}", name, join(names, ", "));
}

Prepared prepare_dataset(const PublicDataset& dataset, const std::filesystem::path& source,
                         const std::filesystem::path& out) {
  std::error_code error;
  require(std::filesystem::is_directory(source, error),
          "{}: is not a folder: unpack the archive and give its folder", source.string());
  make_new_folder(out);
  Prepared prepared{.notes = dataset.prepare(source, out),
                    .data = dataset.data.empty() ? out : out / dataset.data};
  dataset.classes.write(out / "class_dict.csv");
  return prepared;
}

namespace prepare {

void place(const fs::path& file, const fs::path& link) {
  std::error_code error;
  fs::create_directories(link.parent_path(), error);
  const fs::path target = fs::canonical(file, error);
  if (!error) fs::create_hard_link(target, link, error);
  if (!error) return;
  error.clear();
  fs::copy_file(file, link, error);
  require(!error, "{}: cannot be linked or copied to {}: {}", file.string(), link.string(),
          error.message());
}

void write_lines(const fs::path& file, const std::vector<std::vector<std::string>>& rows) {
  std::string text;
  for (const std::vector<std::string>& row : rows) text += csv_line(row);
  write_file_bytes(file, {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

}  // namespace prepare
}  // namespace fpanet
