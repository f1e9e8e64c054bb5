#include "apps/training/metrics_table.hpp"

#include <algorithm>

#include "apps/cli/parse_number.hpp"
#include "apps/cli/text_file.hpp"
#include "engine/core/error.hpp"

namespace fpanet {
namespace {

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (;;) {
    const std::size_t end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

template <class T>
T number(const std::string& cell, std::string_view column) {
  const auto value = parse_number<T>(cell);
  require(value.has_value(), "metrics: column {} contains '{}', which is not a number", column,
          cell);
  return *value;
}

}  // namespace

MetricsTable MetricsTable::read(const std::filesystem::path& file) {
  MetricsTable table;
  if (!std::filesystem::exists(file)) return table;
  std::int64_t line_number = 0;
  for (std::string& line : split(read_text_file(file), '\n')) {
    ++line_number;
    if (line.ends_with('\r')) line.pop_back();
    if (line.empty()) continue;
    std::vector<std::string> cells = split(line, ',');
    if (table.columns.empty()) {
      table.columns = std::move(cells);
      continue;
    }
    require(cells.size() == table.columns.size(), "{}:{}: {} cells, but the header has {}",
            file.string(), line_number, cells.size(), table.columns.size());
    table.rows.push_back(std::move(cells));
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
