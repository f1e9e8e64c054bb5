#include "apps/training/csv_logger.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <utility>

#include "apps/cli/python_repr.hpp"
#include "data/csv.hpp"
#include "data/text_file.hpp"
#include "engine/core/parse_number.hpp"

namespace fpanet {
namespace {

constexpr std::array<std::string_view, 3> kParts = {"val/", "train/", "test/"};
constexpr std::array<std::string_view, 6> kQuantities = {"Loss",      "IoU",    "Accuracy",
                                                         "Precision", "Recall", "F1score"};

bool is_notebook_metric(std::string_view name) {
  return std::any_of(kParts.begin(), kParts.end(), [&](std::string_view part) {
    return name.starts_with(part) && std::find(kQuantities.begin(), kQuantities.end(),
                                               name.substr(part.size())) != kQuantities.end();
  });
}

bool is_lightning_column(std::string_view name) {
  return name == "epoch" || name == "step" || is_notebook_metric(name);
}

std::string cell(const LoggedValue& logged) {
  if (const auto* integer = std::get_if<std::int64_t>(&logged.value)) {
    return fmt::format("{}", *integer);
  }
  const double value = std::get<double>(logged.value);
  if (std::isnan(value)) return {};
  return python_repr(is_notebook_metric(logged.name) ? static_cast<float>(value) : value);
}

}  // namespace

CsvLogger::CsvLogger(std::filesystem::path file, std::int64_t first_epoch)
    : file_(std::move(file)) {
  if (first_epoch == 0) return;
  table_ = MetricsTable::read(file_);
  const std::int64_t epoch = table_.find("epoch");
  std::erase_if(table_.rows, [&](const auto& row) {
    return epoch >= 0 &&
           parse_number<std::int64_t>(row[static_cast<std::size_t>(epoch)]).value_or(first_epoch) >=
               first_epoch;
  });
}

void CsvLogger::log(const std::vector<LoggedValue>& metrics, std::int64_t epoch,
                    std::int64_t step) {
  std::vector<LoggedValue> all = metrics;
  all.push_back({"epoch", epoch});
  all.push_back({"step", step});
  for (const LoggedValue& logged : all) column(logged.name);  // first: a new column shifts cells
  std::vector<std::string> row(table_.columns.size());
  for (const LoggedValue& logged : all) row[column(logged.name)] = cell(logged);
  table_.rows.push_back(std::move(row));
  save();
}

/// The position of a column, which is added if it does not exist yet.
std::size_t CsvLogger::column(const std::string& name) {
  auto& columns = table_.columns;
  auto at = std::find(columns.begin(), columns.end(), name);
  if (at == columns.end()) {
    if (is_lightning_column(name)) {
      at = std::find_if_not(columns.begin(), columns.end(), is_lightning_column);
    }
    const auto position = at - columns.begin();
    at = columns.insert(at, name);
    for (auto& row : table_.rows) row.insert(row.begin() + position, "");
  }
  return static_cast<std::size_t>(at - columns.begin());
}

void CsvLogger::save() const {
  constexpr std::string_view kLineEnd = "\r\n";
  std::string text = csv_line(table_.columns, kLineEnd);
  for (const auto& row : table_.rows) text += csv_line(row, kLineEnd);
  write_text_file(file_, text);
}

}  // namespace fpanet
