#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <variant>
#include <vector>

#include "apps/training/metrics_table.hpp"

namespace fpanet {

/// Named value of a row. The notebook's own columns (val/Loss ... train/F1score) are rounded to
/// float32, which Lightning logs; all others are written as they are.
struct LoggedValue {
  std::string name;
  std::variant<std::int64_t, double> value;
};

/// Writes metrics.csv as Lightning 2.0's CSVLogger does: one row a call, columns in the order in
/// which they first appear (our own after the notebook's), empty cells, CRLF, numbers as Python's
/// repr. Source: Lightning 2.0.2, fabric/loggers/csv_logs.py.
class CsvLogger {
 public:
  /// Goes on with what `file` holds of the epochs before `first_epoch`; 0: starts anew.
  CsvLogger(std::filesystem::path file, std::int64_t first_epoch);

  /// Adds the row metrics..., epoch, step, and rewrites the file as a whole.
  void log(const std::vector<LoggedValue>& metrics, std::int64_t epoch, std::int64_t step);

 private:
  std::size_t column(const std::string& name);
  void save() const;

  std::filesystem::path file_;
  MetricsTable table_;
};

}  // namespace fpanet
