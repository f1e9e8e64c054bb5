#include "apps/training/train_command_line.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>

#include "apps/cli/settings_file.hpp"
#include "apps/cli/shared_settings.hpp"
#include "apps/cli/usage_error.hpp"
#include "apps/training/pixel_choice.hpp"
#include "apps/training/recipes.hpp"
#include "engine/core/join.hpp"

namespace fpanet {
namespace {

// A resumed run continues bit for bit, so only settings that do not affect the numbers may change.
// `data` is among them because the data may have moved to another folder.
constexpr std::array<std::string_view, 8> kChangeableOnResume = {
    "epochs", "patience", "save-every", "data", "device", "threads", "cache", "quiet"};

bool changeable_on_resume(std::string_view name) {
  return std::find(kChangeableOnResume.begin(), kChangeableOnResume.end(), name) !=
         kChangeableOnResume.end();
}

}  // namespace

TrainCommandLine::TrainCommandLine(CLI::App& app) {
  describe(options_.config, settings_);
  settings_
      .text("run", "DIR", &options_.run, "a new or empty folder",
            "Run folder, new or empty [default: runs/<date>-<n>]")
      .saved = false;
  settings_.flag("quiet", &options_.quiet, "Print warnings and results only").saved = false;
  settings_.add_flags(app);
  call_.text("resume", "DIR|FILE.ckpt", &options_.resume, "a run folder or a Lightning checkpoint",
             "Continue that run; a Lightning checkpoint continues in a\n"
             "new run folder, with its optimizer state, learning rate,\n"
             "weight decay and patience");
  call_.text("config", "FILE.toml", &config_file_, "a TOML file",
             "Read settings from a file; flags override them");
  call_.choice("recipe", &recipe_, recipe_names(),
               "Settings by the name of their set: notebook is the defaults,\n"
               "best what docs/results/variants.md chose; a file and flags\n"
               "override it");
  call_.flag("print-config", &options_.print_config,
             "Print the resolved settings as TOML and exit");
  call_.add_flags(app);
}

const TrainOptions& TrainCommandLine::resolve() {
  if (resumes_checkpoint()) refuse_other_weights();
  if (!options_.resume.empty() && !resumes_checkpoint()) {
    refuse_changes_to_a_resumed_run();
    const auto config = std::filesystem::path(options_.resume) / "config.toml";
    std::error_code error;
    if (!std::filesystem::is_regular_file(config, error)) {
      usage_fail("--resume {}: contains no config.toml: expected {}", options_.resume,
                 call_.find("resume")->accepted);
    }
    read_settings_file(config, settings_);
    refuse_other_length(config);
  } else if (!config_file_.empty()) {
    read_settings_file(config_file_, settings_);
  }
  if (options_.resume.empty() || resumes_checkpoint()) apply_recipe();
  check(options_.config.optimizer, options_.config.lr);
  check(options_.config.objective);
  check_sample(options_.config);
  if (!options_.print_config) settings_.check_required();
  return options_;
}

void TrainCommandLine::apply_recipe() {
  const Recipe& recipe = *std::ranges::find(recipes(), recipe_, &Recipe::name);
  const bool network_is_told_by_file =
      resumes_checkpoint() || !file_or_none(options_.config.init).empty();
  const std::vector<std::string> of_network = network_flag_names();
  for (const RecipeSetting& one : recipe.settings) {
    if (settings_.told(one.name)) continue;
    if (network_is_told_by_file &&
        (one.name == "network" || std::ranges::find(of_network, one.name) != of_network.end())) {
      continue;
    }
    if (!one.with.empty() && settings_.find(one.with)->str() != recipe.find(one.with)->value) {
      continue;
    }
    settings_.assign(*settings_.find(one.name), one.value, "--recipe " + recipe.name);
  }
}

bool TrainCommandLine::resumes_checkpoint() const {
  std::error_code error;
  return std::filesystem::is_regular_file(options_.resume, error);
}

void TrainCommandLine::refuse_other_weights() const {
  for (const std::string_view flag : {"init", "encoder-weights"}) {
    if (settings_.given(flag)) {
      usage_fail("--{} cannot go with --resume, which takes its weights from {}", flag,
                 options_.resume);
    }
  }
}

void TrainCommandLine::adopt(const TrainingState& training) {
  TrainConfig& config = options_.config;
  if (training.optimizer) {
    if (!settings_.given("lr")) config.lr = training.optimizer->lr;
    if (!settings_.given("weight-decay")) config.weight_decay = training.optimizer->weight_decay;
  }
  if (training.early_stopping && !settings_.given("patience")) {
    config.patience = training.early_stopping->patience;
  }
}

void TrainCommandLine::refuse_changes_to_a_resumed_run() const {
  const auto refuse = [&](std::string_view flag) {
    usage_fail(
        "--{} cannot go with --resume, which keeps the run's own settings: accepted are --{}", flag,
        join(kChangeableOnResume, ", --"));
  };
  if (!config_file_.empty()) refuse("config");
  if (call_.given("recipe")) refuse("recipe");
  for (const Setting& setting : settings_.all()) {
    if (settings_.given(setting.name) && !changeable_on_resume(setting.name)) refuse(setting.name);
  }
}

void TrainCommandLine::refuse_other_length(const std::filesystem::path& config) const {
  const TrainConfig& asked = options_.config;
  if (!settings_.given("epochs") || !depends_on_length(parse_schedule(asked.optimizer.schedule))) {
    return;
  }
  TrainConfig saved;
  Settings settings;
  describe(saved, settings);
  bool quiet = false;
  std::string run;
  settings.flag("quiet", &quiet, "");
  settings.text("run", "", &run, "", "");
  read_settings_file(config, settings);
  if (saved.epochs == asked.epochs) return;
  usage_fail(
      "--epochs {}: the run has {}, and its --schedule {} depends on them: the learning rates of "
      "the steps that are done would have been others; start a new run with --init instead",
      asked.epochs, saved.epochs, asked.optimizer.schedule);
}

const NetworkConfig& TrainCommandLine::resolve_network(const WeightsFile* weights) {
  NetworkFlags& flags = options_.config.network;
  const ToldNetwork told = told_network(flags, settings_);
  network_ = weights != nullptr ? network_of(*weights, told) : network_of(told);
  flags.network = network_.name;
  // An option that this network does not take has no value, and config.toml leaves it out.
  for (const std::string& name : network_flag_names()) {
    const auto option = network_.options.find(name);
    flags.options[name] = option == network_.options.end() ? "" : option->second;
  }
  return network_;
}

void TrainCommandLine::resolve_bands(const std::optional<PixelFormat>& trained,
                                     const std::string& source, bool fine_tunes,
                                     NetworkConfig& network) {
  std::string& flag = options_.config.bands;
  if (!source.empty() && !settings_.told("bands")) {
    flag = (trained ? trained->bands : Bands::first(network.bands)).str();
  }
  const Bands bands = Bands::parse(flag);
  if (!source.empty() && !fine_tunes && bands.count() != network.bands) {
    usage_fail("--bands {}: names {} bands, but the network of {} takes {}", flag, bands.count(),
               source, network.bands);
  }
  network.bands = bands.count();
  resolve_preview(options_.config.show_bands, bands);
}

std::string TrainCommandLine::config_toml() const {
  return settings_toml(settings_);
}

}  // namespace fpanet
