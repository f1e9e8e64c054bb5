#pragma once

#include "apps/cli/console.hpp"
#include "apps/fpanet_train/training_data.hpp"
#include "apps/training/progress_state.hpp"
#include "apps/training/run_folder.hpp"

namespace fpanet {

/// Evaluates the best checkpoint on the validation scenes and writes report.html with curves, a
/// per-class table, a confusion matrix, sample predictions and `configuration` (TOML text). `monitor`
/// is the column that chose the best checkpoint.
void write_training_report(const RunFolder& run, ModelSession& session, TrainingData& data,
                           const ProgressState& state, const std::string& monitor,
                           const std::string& configuration, Console& console);

}  // namespace fpanet
