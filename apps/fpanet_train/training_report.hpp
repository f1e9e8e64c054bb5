#pragma once

#include "apps/cli/console.hpp"
#include "apps/fpanet_train/training_data.hpp"
#include "apps/training/progress_state.hpp"
#include "apps/training/run_folder.hpp"

namespace fpanet {

/// Evaluates the best checkpoint on the validation scenes and writes report.html with curves, a
/// per-class table, a confusion matrix, sample predictions and `configuration` (TOML text).
/// `show_bands` is the value of --show-bands.
void write_training_report(const RunFolder& run, ModelSession& session, TrainingData& data,
                           const ProgressState& state, const std::string& configuration,
                           const std::string& show_bands, Console& console);

}  // namespace fpanet
