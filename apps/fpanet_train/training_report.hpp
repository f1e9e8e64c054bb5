#pragma once

#include <string>
#include <vector>

#include "apps/cli/console.hpp"
#include "apps/fpanet_train/training_data.hpp"
#include "apps/report/report.hpp"
#include "apps/training/evaluator.hpp"
#include "apps/training/progress_state.hpp"
#include "apps/training/run_folder.hpp"

namespace fpanet {

/// What the report of a run begins with: what does not change from epoch to epoch.
struct ReportFrame {
  const RunFolder& run;
  const TrainConfig& config;
  const std::string& configuration;  ///< TOML text
};

/// Writes report.html of a run that goes on: curves so far, and classes, confusion matrix and samples
/// of the validation of the last epoch. A browser that shows it reloads it by itself.
void write_live_report(const ReportFrame& frame, const ModelSession& session,
                       const TrainingData& data, const ProgressState& state, const Tally& tally,
                       std::vector<ReportSample> samples);

/// Evaluates the best checkpoint on the validation scenes and writes report.html with curves, a
/// per-class table, a confusion matrix, sample predictions and the configuration.
void write_training_report(const ReportFrame& frame, ModelSession& session, TrainingData& data,
                           const ProgressState& state, Console& console);

}  // namespace fpanet
