#pragma once

#include <string>

#include "apps/cli/cli.hpp"
#include "apps/cli/settings.hpp"
#include "apps/training/train_config.hpp"
#include "engine/weights/training_state.hpp"

namespace fpanet {

/// One call of fpanet_train: the configuration and what becomes of it.
struct TrainOptions {
  TrainConfig config;
  std::string run;     ///< new run folder; empty: one is named by the date
  std::string resume;  ///< run folder or Lightning checkpoint to go on with; empty: a new run
  bool print_config = false;
  bool quiet = false;
};

/// The command line of fpanet_train: flags over the file of --config (or over the configuration of
/// the run that --resume names) over the defaults. --resume with a Lightning checkpoint makes a new
/// run, of which that decides some settings: adopt(). A file holds any flag but --config, --resume
/// and
/// --print-config.
class TrainCommandLine {
 public:
  explicit TrainCommandLine(CLI::App& app);

  /// To be called once the command line is parsed. Throws UsageError for a file that does not fit,
  /// for flags that exclude each other and for a run without data.
  const TrainOptions& resolve();
  /// Whether --resume names a file, a Lightning checkpoint, and not a run folder.
  bool resumes_checkpoint() const;
  /// Learning rate, weight decay and patience as a Lightning run had them, where no flag gives
  /// them: Lightning, too, takes them from its checkpoint.
  void adopt(const TrainingState& training);
  /// The resolved configuration, as config.toml holds it.
  std::string config_toml() const;

 private:
  void refuse_changes_to_a_resumed_run() const;
  void refuse_other_weights() const;

  TrainOptions options_;
  std::string config_file_;
  Settings settings_;
  Settings call_;  ///< what no file can hold
};

}  // namespace fpanet
