#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "apps/cli/cli.hpp"
#include "apps/cli/settings.hpp"
#include "apps/training/train_config.hpp"
#include "data/pixel_format.hpp"
#include "engine/weights/training_state.hpp"

namespace fpanet {

/// The options of one call of fpanet_train: the configuration and how to run it.
struct TrainOptions {
  TrainConfig config;
  std::string run;     ///< new run folder; empty: a folder named by the date
  std::string resume;  ///< run folder or Lightning checkpoint to resume; empty: a new run
  bool print_config = false;
  bool quiet = false;
};

/// The command line of fpanet_train. Flags override the file of --config, or the configuration of
/// the run that --resume names, which override the defaults. --resume with a Lightning checkpoint
/// starts a new run that takes some settings from the checkpoint: see adopt(). A file may contain
/// any setting except config, recipe, resume and print-config. The settings of --recipe are those
/// that neither a flag nor the file tells.
class TrainCommandLine {
 public:
  explicit TrainCommandLine(CLI::App& app);

  /// Call it after the command line has been parsed. Throws UsageError for an invalid file, for
  /// flags that exclude each other, and for a run without data.
  const TrainOptions& resolve();
  /// The same, once it is resolved.
  const TrainOptions& options() const { return options_; }
  /// Whether --resume names a file (a Lightning checkpoint) rather than a run folder.
  bool resumes_checkpoint() const;
  /// Adopts the learning rate, weight decay and patience of a Lightning run, unless a flag sets
  /// them. Lightning takes them from its checkpoint, too.
  void adopt(const TrainingState& training);
  /// Whether the command line gives the setting.
  bool given(std::string_view name) const { return settings_.given(name); }
  /// The resolved configuration as the text of config.toml. Throws UsageError if a text is not
  /// UTF-8.
  std::string config_toml() const;
  /// Decides the network: the one that `weights` hold, if given, else what flags and file tell. Throws
  /// UsageError as network_of() does. config_toml() then holds all its options.
  const NetworkConfig& resolve_network(const WeightsFile* weights);
  /// Decides the bands that `network` reads: those of --bands; without it, those that the weights of
  /// `source` were trained on, if there is one. Throws UsageError if --bands names another number than
  /// these weights take, unless the run fine-tunes them, or --show-bands others. config_toml() then
  /// holds them.
  void resolve_bands(const std::optional<PixelFormat>& trained, const std::string& source,
                     bool fine_tunes, NetworkConfig& network);

 private:
  /// Sets what the recipe names, if nothing else told it. The network of --init or of a
  /// Lightning checkpoint is that file's.
  void apply_recipe();
  void refuse_changes_to_a_resumed_run() const;
  void refuse_other_weights() const;
  /// A schedule that depends on the length of the run has no other --epochs than the run's.
  void refuse_other_length(const std::filesystem::path& config) const;

  TrainOptions options_;
  NetworkConfig network_;
  std::string config_file_;
  std::string recipe_ = "notebook";
  Settings settings_;
  Settings call_;  ///< the settings that no file can contain
};

}  // namespace fpanet
