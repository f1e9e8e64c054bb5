#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

namespace fpanet {

/// Writes steps.csv: epoch, step and loss of every optimizer step. A row is appended whole or not at
/// all, so a process that is killed leaves complete rows.
class StepLog {
 public:
  /// Keeps the rows of steps before `first_step`; with 0, starts an empty file. An unfinished last
  /// line, which a full disk or a power failure may leave, is dropped. The file is replaced
  /// atomically. Throws Error naming the file if it is damaged or cannot be written.
  StepLog(std::filesystem::path file, std::int64_t first_step);
  ~StepLog();
  StepLog(const StepLog&) = delete;
  StepLog& operator=(const StepLog&) = delete;

  /// Appends a row, with all digits of `loss` (Python's repr) or an empty cell if the step has none.
  /// Throws Error if it cannot be written.
  void add(std::int64_t epoch, std::int64_t step, std::optional<double> loss);
  /// Waits until the rows are on the disk. Call it before a state that counts their steps is saved.
  void flush();

 private:
  std::filesystem::path file_;
  int fd_ = -1;
};

}  // namespace fpanet
