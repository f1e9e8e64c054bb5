#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace fpanet {

/// A value of a column at an epoch (counted from 0).
struct MetricPoint {
  std::int64_t epoch = 0;
  double value = 0;
};

/// A metrics.csv in memory, cell by cell as text; "" where a row has no value.
struct MetricsTable {
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;  ///< each as long as `columns`

  /// Takes any line ends and any column order. Throws Error naming file and line for a row of
  /// another length than the header's; an empty or missing file has no columns.
  static MetricsTable read(const std::filesystem::path& file);

  /// Position of a column, or -1.
  std::int64_t find(std::string_view column) const;
  /// The column's values in file order, rows without one left out; empty without such a column.
  /// Throws Error for a cell that is no number.
  std::vector<MetricPoint> values(std::string_view column) const;
};

}  // namespace fpanet
