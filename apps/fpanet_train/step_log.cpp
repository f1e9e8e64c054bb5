#include "apps/fpanet_train/step_log.hpp"

#include <fmt/format.h>

#include "apps/common/metrics_table.hpp"
#include "apps/common/python_repr.hpp"
#include "engine/core/error.hpp"

namespace fpanet {

StepLog::StepLog(const std::filesystem::path& file, std::int64_t first_step) : file_(file) {
  MetricsTable kept;
  if (first_step > 0) kept = MetricsTable::read(file);
  stream_.reset(std::fopen(file.c_str(), "w"));
  require(stream_ != nullptr, "{}: cannot be written", file.string());
  fmt::print(stream_.get(), "epoch,step,train/Loss\n");
  for (std::size_t row = 0; row < kept.rows.size(); ++row) {
    if (static_cast<std::int64_t>(row) >= first_step) break;
    fmt::print(stream_.get(), "{}\n", fmt::join(kept.rows[row], ","));
  }
}

void StepLog::add(std::int64_t epoch, std::int64_t step, double loss) {
  fmt::print(stream_.get(), "{},{},{}\n", epoch, step, python_repr(loss));
  require(std::fflush(stream_.get()) == 0, "{}: cannot be written (is the disk full?)",
          file_.string());
}

}  // namespace fpanet
