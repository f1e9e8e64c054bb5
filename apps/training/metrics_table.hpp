#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace fpanet {

/// The value of a column at an epoch (counted from 0).
struct MetricPoint {
  std::int64_t epoch = 0;
  double value = 0;
};

/// The contents of a metrics.csv, every cell as text. A cell without a value is "".
struct MetricsTable {
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;  ///< each as long as `columns`

  /// Accepts any line ends and any column order. An empty or missing file gives a table without
  /// columns. A last line without a line end, which a killed run was still writing, is left out.
  /// Throws Error naming file and line if a row and the header differ in length.
  static MetricsTable read(const std::filesystem::path& file);

  /// The position of a column, or -1.
  std::int64_t find(std::string_view column) const;
  /// The column's values in file order, skipping rows without one. Empty if there is no such
  /// column. Throws Error if a cell is not a number.
  std::vector<MetricPoint> values(std::string_view column) const;
};

}  // namespace fpanet
