#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>

namespace fpanet {

/// steps.csv: epoch, step and loss of every optimizer step, written as they come.
class StepLog {
 public:
  /// Keeps the rows of steps before `first_step`; 0: starts anew. Throws Error naming the file.
  StepLog(const std::filesystem::path& file, std::int64_t first_step);
  /// `loss` with all its digits (Python's repr).
  void add(std::int64_t epoch, std::int64_t step, double loss);

 private:
  struct Close {
    void operator()(std::FILE* stream) const { std::fclose(stream); }
  };

  std::filesystem::path file_;
  std::unique_ptr<std::FILE, Close> stream_;
};

}  // namespace fpanet
