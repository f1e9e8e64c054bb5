#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <variant>
#include <vector>

#include "apps/training/metrics_table.hpp"

namespace fpanet {

/// A named value of a row; NaN, the value of a metric of nothing, is an empty cell. The notebook's own columns (val/Loss ... train/F1score) are rounded to
/// float32, as Lightning logs them. All other values are written unrounded.
struct LoggedValue {
  std::string name;
  std::variant<std::int64_t, double> value;
};

/// Writes metrics.csv as Lightning 2.0's CSVLogger does: one row per call, columns in order of
/// first appearance, empty cells for missing values, CRLF line ends, numbers in the format of
/// Python's repr. Columns that the notebook does not have come after its own.
/// Source: Lightning 2.0.2, fabric/loggers/csv_logs.py.
class CsvLogger {
 public:
  /// Keeps the rows of `file` that belong to epochs before `first_epoch`; with 0, starts an empty
  /// table.
  CsvLogger(std::filesystem::path file, std::int64_t first_epoch);

  /// Appends a row with `metrics`, epoch and step, and rewrites the whole file.
  void log(const std::vector<LoggedValue>& metrics, std::int64_t epoch, std::int64_t step);

 private:
  std::size_t column(const std::string& name);
  void save() const;

  std::filesystem::path file_;
  MetricsTable table_;
};

}  // namespace fpanet
