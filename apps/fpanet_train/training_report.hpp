#pragma once

#include "apps/cli/console.hpp"
#include "apps/fpanet_train/training_data.hpp"
#include "apps/training/progress_state.hpp"
#include "apps/training/run_folder.hpp"

namespace fpanet {

/// Evaluates the best checkpoint on the validation scenes and writes report.html with curves, a
/// per-class table, a confusion matrix, sample predictions and `configuration` (TOML text). `config`
/// tells which column chose the best checkpoint and which bands are shown.
void write_training_report(const RunFolder& run, ModelSession& session, TrainingData& data,
                           const ProgressState& state, const TrainConfig& config,
                           const std::string& configuration, Console& console);

}  // namespace fpanet
