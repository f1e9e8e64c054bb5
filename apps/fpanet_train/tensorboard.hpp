#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "apps/report/event_log.hpp"
#include "apps/report/report.hpp"
#include "apps/training/csv_logger.hpp"

namespace fpanet {

/// What --tensorboard writes. Everything lies over the optimizer steps, counted as in steps.csv and
/// metrics.csv. Steps and an epoch may come from different threads.
class TensorBoard {
 public:
  /// Begins an event file in `folder` for the steps from `first_step` on.
  TensorBoard(const std::filesystem::path& folder, std::int64_t first_step);

  /// A row of steps.csv: step/Loss and step/lr (train/Loss and lr are those of an epoch), and `more`
  /// under its own names.
  void step(std::int64_t step, std::optional<double> loss, double lr,
            const std::map<std::string, double>& more);
  /// The rows of metrics.csv of an epoch, `epoch` (counted from 0) and its pictures: each sample's image, mask and
  /// prediction, and the confusion matrix.
  void epoch(std::int64_t step, std::int64_t epoch, const std::vector<LoggedValue>& columns,
             const std::vector<ReportSample>& samples, const ClassTable& classes,
             const ConfusionMatrix& confusion);

 private:
  EventLog events_;
};

}  // namespace fpanet
