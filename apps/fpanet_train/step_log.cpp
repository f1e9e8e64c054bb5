#include "apps/fpanet_train/step_log.hpp"

#include <fmt/core.h>

#include "apps/cli/parse_number.hpp"
#include "apps/cli/python_repr.hpp"
#include "apps/training/metrics_table.hpp"
#include "engine/core/error.hpp"
#include "engine/core/join.hpp"

namespace fpanet {

StepLog::StepLog(const std::filesystem::path& file, std::int64_t first_step) : file_(file) {
  MetricsTable kept;
  if (first_step > 0) kept = MetricsTable::read(file);
  stream_.reset(std::fopen(file.c_str(), "w"));
  require(stream_ != nullptr, "{}: cannot be written", file.string());
  fmt::print(stream_.get(), "epoch,step,train/Loss\n");
  const std::int64_t step = kept.find("step");
  for (const auto& row : kept.rows) {
    if (step < 0 ||
        parse_number<std::int64_t>(row[static_cast<std::size_t>(step)]).value_or(first_step) >=
            first_step) {
      break;
    }
    fmt::print(stream_.get(), "{}\n", join(row, ","));
  }
}

void StepLog::add(std::int64_t epoch, std::int64_t step, std::optional<double> loss) {
  fmt::print(stream_.get(), "{},{},{}\n", epoch, step, loss ? python_repr(*loss) : std::string());
  require(std::fflush(stream_.get()) == 0, "{}: cannot be written (is the disk full?)",
          file_.string());
}

}  // namespace fpanet
