#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>

namespace fpanet {

/// Writes steps.csv: epoch, step and loss of every optimizer step, each flushed at once.
class StepLog {
 public:
  /// Keeps the rows of steps before `first_step`; with 0, starts an empty file. Throws Error naming
  /// the file if it cannot be written.
  StepLog(const std::filesystem::path& file, std::int64_t first_step);
  /// `loss` is written with all its digits (Python's repr); an empty cell if the step has none.
  void add(std::int64_t epoch, std::int64_t step, std::optional<double> loss);

 private:
  struct Close {
    void operator()(std::FILE* stream) const { std::fclose(stream); }
  };

  std::filesystem::path file_;
  std::unique_ptr<std::FILE, Close> stream_;
};

}  // namespace fpanet
