#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace fpanet {

/// Writes steps.csv: epoch, step, loss and learning rate of every optimizer step, and what else is
/// wanted. A row is appended whole or not at
/// all, so a process that is killed leaves complete rows.
class StepLog {
 public:
  /// Keeps the rows of steps before `first_step`; with 0, starts an empty file. An unfinished last
  /// line, which a full disk or a power failure may leave, is dropped. The file is replaced
  /// atomically. `more` are the columns after those that are always there. Throws Error naming the
  /// file if it is damaged or cannot be written.
  StepLog(std::filesystem::path file, std::int64_t first_step, std::vector<std::string> more = {});
  ~StepLog();
  StepLog(const StepLog&) = delete;
  StepLog& operator=(const StepLog&) = delete;

  /// Appends a row, with all digits (Python's repr) and an empty cell for what the step does not
  /// have. `more` are values by column. Throws Error if it cannot be written.
  void add(std::int64_t epoch, std::int64_t step, std::optional<double> loss, double lr,
           const std::map<std::string, double>& more = {});
  /// Waits until the rows are on the disk. Call it before a state that counts their steps is saved.
  void flush();

 private:
  std::filesystem::path file_;
  std::vector<std::string> more_;
  int fd_ = -1;
};

}  // namespace fpanet
