#include "apps/training/metrics_table.hpp"

#include <algorithm>

#include "data/csv.hpp"
#include "data/text_file.hpp"
#include "engine/core/error.hpp"
#include "engine/core/parse_number.hpp"

namespace fpanet {
namespace {

template <class T>
T number(const std::string& cell, std::string_view column) {
  const auto value = parse_number<T>(cell);
  require(value.has_value(), "metrics: column {} holds '{}', which is not a number", column, cell);
  return *value;
}

}  // namespace

MetricsTable MetricsTable::read(const std::filesystem::path& file) {
  MetricsTable table;
  if (!std::filesystem::exists(file)) return table;
  const std::string text = read_text_file(file);
  const std::string_view whole_lines = std::string_view(text).substr(0, text.rfind('\n') + 1);
  for (CsvRow& row : parse_csv(whole_lines, file.string())) {
    if (table.columns.empty()) {
      table.columns = std::move(row.cells);
      continue;
    }
    require(row.cells.size() == table.columns.size(), "{}:{}: {} cells, but the header has {}",
            file.string(), row.line, row.cells.size(), table.columns.size());
    table.rows.push_back(std::move(row.cells));
  }
  return table;
}

std::int64_t MetricsTable::find(std::string_view column) const {
  const auto found = std::find(columns.begin(), columns.end(), column);
  return found == columns.end() ? -1 : found - columns.begin();
}

std::vector<MetricPoint> MetricsTable::values(std::string_view column) const {
  const std::int64_t at = find(column);
  const std::int64_t epoch = find("epoch");
  if (at < 0 || epoch < 0) return {};
  std::vector<MetricPoint> points;
  for (const auto& row : rows) {
    const std::string& cell = row[static_cast<std::size_t>(at)];
    const std::string& epoch_cell = row[static_cast<std::size_t>(epoch)];
    if (cell.empty()) continue;
    points.push_back({number<std::int64_t>(epoch_cell, "epoch"), number<double>(cell, column)});
  }
  return points;
}

}  // namespace fpanet
