#include <sstream>

#include "apps/cli/environment.hpp"
#include "apps/cli/shared_settings.hpp"
#include "apps/cli/usage_error.hpp"
#include "apps/fpanet_train/trainer.hpp"
#include "apps/fpanet_train/training_report.hpp"
#include "apps/training/checkpoint.hpp"
#include "apps/training/lightning_state.hpp"
#include "apps/training/monitor.hpp"
#include "apps/training/pixel_metadata.hpp"
#include "apps/training/rank_parts.hpp"
#include "apps/training/ranked_run.hpp"
#include "apps/training/together.hpp"
#include "apps/training/train_command_line.hpp"
#include "data/text_file.hpp"
#include "engine/core/error.hpp"
#include "models/network_metadata.hpp"

namespace fpanet {

namespace {

/// Sets the initial weights: random ones from the seed, then those of --encoder-weights and --init.
void load_initial_weights(const TrainConfig& config, const std::optional<WeightsFile>& init,
                          Index init_classes, ModelSession& session, Console& console) {
  session.store().initialize(static_cast<std::uint64_t>(config.seed));
  if (const std::string file = file_or_none(config.encoder_weights); !file.empty()) {
    console.info("{}", load_encoder(session.store(), session.network(),
                                    read_weights(find_checkpoint(file))));
  }
  if (!init) return;
  console.info("{}", load_for_fine_tuning(session.store(), session.network(), *init, init_classes));
}

/// Loads the weights, optimizer state and progress of a Lightning checkpoint.
ProgressState resume_from(const WeightsFile& checkpoint, const TrainConfig& config,
                          ModelSession& session, Console& console) {
  const TrainingState& training = *checkpoint.training;
  require(training.epochs_done < config.epochs,
          "{}: has already trained {} epochs, and --epochs {} asks for no more", checkpoint.name,
          training.epochs_done, config.epochs);
  session.store().initialize(static_cast<std::uint64_t>(config.seed));
  console.info("{}", load_model(session.store(), session.network(), checkpoint));
  ProgressState state = load_lightning_state(checkpoint, session);
  for (const std::string& what : training.left_aside) {
    console.warning("{}: {}", checkpoint.name, what);
  }
  if (training.batches_into_epoch > 0) {
    console.warning("{}: saved after {} batches of epoch {}; that epoch restarts", checkpoint.name,
                    training.batches_into_epoch, state.epoch + 1);
  }
  console.info("{}: continues at epoch {}, step {}; lr {}, weight decay {}, patience {}",
               checkpoint.name, state.epoch + 1, state.global_step, config.lr, config.weight_decay,
               config.patience);
  if (state.best_epoch >= 0 && config.monitor != Monitor{}.column) {
    console.warning("{}: its best val/Loss is left aside, because --monitor is {}", checkpoint.name,
                    config.monitor);
    state.best_epoch = -1;
    state.wait = 0;
  }
  if (state.best_epoch >= 0) {
    console.info("best so far: val/Loss {:.5f} in epoch {}", state.best_value,
                 state.best_epoch + 1);
  }
  return state;
}

/// The classes of the file or run that the weights of the whole model come from, if any. Of --init,
/// `begins_with` is the number.
std::optional<ModelClasses> classes_to_keep(const std::optional<RunFolder>& run,
                                            const std::optional<WeightsFile>& initial,
                                            const std::optional<Index>& begins_with) {
  if (run) return ModelClasses{run->path().string(), run->classes()};
  if (!initial) return std::nullopt;
  return ModelClasses{initial->name, read_info(initial->metadata, initial->name).classes,
                      begins_with};
}

/// The pixel size of a run that is resumed, once it has written it.
std::optional<double> pixel_size_of(const std::optional<RunFolder>& run) {
  if (!run || !std::filesystem::exists(run->last_checkpoint())) return std::nullopt;
  const WeightsFile last = read_weights(run->last_checkpoint());
  return read_info(last.metadata, last.name).pixel_size;
}

/// Saves the weights of a Lightning checkpoint in the new run folder, so that they can be used
/// before its first epoch ends.
void save_weights(const RunFolder& run, const TrainConfig& config, const ProgressState& state,
                  ModelSession& session, const TrainingData& data) {
  CheckpointInfo info;
  info.classes = data.dataset().classes();
  info.image_size = config.image_size;
  info.epoch = state.epoch - 1;
  info.objective = session.objective();
  info.pixels = session.pixels();
  info.pixel_size = data.dataset().pixel_size();
  save_model(run.last_checkpoint(), session.store(), session.network().config(), info);
  if (state.best_epoch != state.epoch - 1) return;
  info.val_loss = state.best_value;  // a Lightning checkpoint has watched val/Loss
  save_model(run.best_checkpoint(), session.store(), session.network().config(), info);
}

/// The weights that a new run begins with, if --init gives them, or those that a resumed run has
/// saved. The latter's --init is history: its file need not exist any more.
std::optional<WeightsFile> initial_weights(const TrainOptions& options) {
  if (options.resume.empty()) {
    const std::string file = file_or_none(options.config.init);
    return file.empty() ? std::nullopt : std::optional(read_weights(find_checkpoint(file)));
  }
  const std::filesystem::path state = RunFolder::training_state(options.resume);
  if (!std::filesystem::exists(state)) return std::nullopt;
  WeightsFile saved = read_weights(state);
  // Earlier versions did not record the network; config.toml describes it.
  return names_network(saved.metadata) ? std::optional(std::move(saved)) : std::nullopt;
}

/// Says what differs from the notebook's loss, and what the parts of a step see.
void describe_objective(const TrainConfig& config, const Objective& objective,
                        const ClassTable& classes, Console& console) {
  if (objective.name() != "dice") console.info("loss: {}", objective.name());
  for (std::size_t c = 0; c < objective.class_weights.size(); ++c) {
    console.info("weight of {}: {:.4g}", classes.name(static_cast<Index>(c)),
                 objective.class_weights[c]);
  }
  for (const Index label : objective.ignored_classes) {
    console.info("{} counts neither in the loss nor in the metrics", classes.name(label));
  }
  if (config.accumulate == 1) return;
  console.info(
      "--accumulate {}: an optimizer step takes the mean loss of {} batches of {}; losses over a "
      "whole batch (Dice) and batch norm see {} images at a time",
      config.accumulate, config.accumulate, config.batch_size, config.batch_size);
}

/// Says how the parameters are updated, where it is not plain AdamW.
void describe_optimizer(const TrainConfig& config, const Schedule& schedule, Console& console) {
  const OptimizerSettings& optimizer = config.optimizer;
  if (depends_on_length(schedule.kind)) {
    console.info("learning rate: {} over {} steps", optimizer.schedule, schedule.steps);
  }
  if (schedule.warmup > 0) {
    console.info("learning rate: rises to {} in the first {} steps", config.lr, schedule.warmup);
  }
  if (optimizer.freeze_encoder > 0) {
    console.info("the encoder is frozen for the first {} epochs", optimizer.freeze_encoder);
  }
  if (optimizer.ema_decay()) {
    console.info("validation and the best checkpoint use averaged weights, decay {}",
                 optimizer.ema);
  }
}

/// Throws Error if the data of a resumed run are not where its config.toml says.
void require_data_of(const RunFolder& run, const TrainCommandLine& command_line,
                     const std::string& data) {
  std::error_code error;
  require(command_line.given("data") || data.starts_with("synthetic") ||
              std::filesystem::exists(data, error),
          "{}: its data = \"{}\" is not here: a relative path counts from the folder in which the "
          "run was started; say with --data where the data are",
          run.config().string(), data);
}

/// What a call starts from: files and settings, before the data are opened.
struct Start {
  std::optional<WeightsFile> checkpoint;  ///< Lightning's, which --resume names
  std::optional<WeightsFile> initial;
  NetworkConfig network = {};
  std::optional<PixelFormat> trained = {};  ///< the pixels of `initial`
  std::string configuration = {};           ///< the text of config.toml
};

Start start_of(TrainCommandLine& command_line, const TrainOptions& options) {
  Start start;
  if (command_line.resumes_checkpoint()) {
    start.checkpoint = read_lightning(options.resume);
    command_line.adopt(*start.checkpoint->training);
  }
  start.initial = start.checkpoint ? start.checkpoint : initial_weights(options);
  const std::optional<WeightsFile>& initial = start.initial;
  start.network = command_line.resolve_network(initial ? &*initial : nullptr);
  if (initial) start.trained = read_pixels(initial->metadata, initial->name);
  const bool fine_tunes = initial && !start.checkpoint && options.resume.empty();
  command_line.resolve_bands(start.trained, initial ? initial->name : "", fine_tunes,
                             start.network);
  start.configuration = command_line.config_toml();
  return start;
}

/// What must be the same on all ranks, by name; what changes no number may differ.
std::vector<NamedValue> settings_of(const Start& start, const TrainOptions& options) {
  std::vector<NamedValue> settings = {{"resume", options.resume}};
  std::istringstream lines(start.configuration);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t equals = line.find(" = ");
    const std::string name = line.substr(0, equals);
    if (equals == std::string::npos || line.starts_with('#')) continue;
    if (name == "threads" || name == "cache" || name == "quiet") continue;
    settings.push_back({name, line.substr(equals + 3)});
  }
  return settings;
}

/// The folder of the run to continue, if it is one of ours. Rank 0 locks it.
std::optional<RunFolder> run_to_resume(const Start& start, const TrainOptions& options,
                                       const RankedCall& call) {
  if (options.resume.empty() || start.checkpoint) return std::nullopt;
  return call.is_first() ? RunFolder::resume(options.resume)
                         : RunFolder::without_lock(options.resume);
}

/// A training on one rank, as far as it has been prepared.
class Training {
 public:
  Training(const TrainCommandLine& command_line, const RankedCall& call, Start start)
      : command_line_(command_line),
        call_(call),
        options_(command_line.options()),
        config_(options_.config),
        console_(options_.quiet, call.is_first() ? stderr : nullptr),
        start_(std::move(start)) {}

  int run() {
    Communicator& ranks = call_.ranks;
    device_ = device_of_rank(call_, config_.device, config_.precision);
    together(ranks, [&] { open(); });
    connect_gpus(call_, placement_);
    std::vector<NamedValue> scenes;
    if (ranks.size() > 1) together(ranks, [&] { scenes = scene_checksums(*data_); });
    require_same(ranks, "scenes", scenes);
    together(ranks, [&] { begin(); });
    require_equal_weights(*session_, "at the beginning");
    make_folder();
    return train();
  }

 private:
  /// Opens the run to be continued and the data.
  void open() {
    placement_ = resolve_placement({.device = device_,
                                    .precision = config_.precision,
                                    .threads = threads_of_rank(call_.launch, config_.threads),
                                    .deterministic = config_.deterministic},
                                   console_);
    console_.info("{}", environment_line(placement_.threads));
    if (call_.ranks.size() > 1) {
      if (config_.reduce != "fp32" && placement_.device().is_cpu()) {
        usage_fail("--reduce {}: ranks on CPUs exchange gradients as they are: expected fp32",
                   config_.reduce);
      }
      console_.info("{} ranks share each batch{}", call_.ranks.size(),
                    config_.sync ? "" : "; each has a loss and batch norm of its own (--sync off)");
    }
    run_ = run_to_resume(start_, options_, call_);
    if (run_) require_data_of(*run_, command_line_, config_.data);
    const bool begins_new = !run_ && !start_.checkpoint;
    const auto begins_with =
        start_.checkpoint ? std::nullopt : std::optional(start_.network.classes);
    data_ = open_training_data(
        config_, start_.network,
        TrainedPixels{begins_new ? std::nullopt : start_.trained, pixel_size_of(run_)},
        run_ ? run_->split().string() : std::string(),
        classes_to_keep(run_, start_.initial, begins_with), placement_, call_.ranks, console_);
  }

  /// Makes the session, with the weights that the training begins or continues with.
  void begin() {
    const Index init_classes = start_.network.classes;
    start_.network.classes = data_->dataset().classes().size();
    check_monitor(config_.monitor, data_->dataset().classes());
    describe_optimizer(config_, schedule_of(config_, *data_), console_);
    session_.emplace(placement_, start_.network, config_.lr, data_->pixels);
    session_->set_ranks(call_.ranks);
    if (run_) {
      keep_average();
      state_ = load_training_state(run_->training_state(), *session_);
      session_->set_objective(state_.objective);
      state_.stopped = state_.wait >= config_.patience;  // --patience may have changed
      console_.info("{}: continues at epoch {}, step {}", run_->path().string(), state_.epoch + 1,
                    state_.global_step);
      return;
    }
    session_->set_objective(resolve(config_.objective, *data_->store, data_->split.train));
    if (start_.checkpoint) {
      state_ = resume_from(*start_.checkpoint, config_, *session_, console_);
    } else {
      load_initial_weights(config_, start_.initial, init_classes, *session_, console_);
    }
    keep_average();  // begins with the initial weights
    state_.objective = session_->objective();
  }

  void keep_average() {
    if (const auto decay = config_.optimizer.ema_decay()) {
      session_->optimizer()->keep_average(session_->store(), *decay);
    }
  }

  /// Makes the folder of a new run, only now, so that a run that cannot start leaves none behind.
  void make_folder() {
    std::string folder;
    together(call_.ranks, [&] {
      if (run_ || !call_.is_first()) return;
      run_ = RunFolder::create(options_.run);
      // The order matters, see RunFolder: without a config.toml the run has not begun, with one it can
      // be resumed.
      save_training_state(run_->training_state(), *session_, state_);
      if (start_.checkpoint) save_weights(*run_, config_, state_, *session_, *data_);
      write_split(run_->split(), data_->pictures, data_->dataset().picture_ids());
      data_->dataset().classes().write(run_->class_table());
      write_text_file(run_->config(), start_.configuration);
    });
    if (run_) folder = run_->path().string();
    folder = text_of_first(call_.ranks, folder);
    if (!run_) run_ = RunFolder::without_lock(folder);
  }

  int train() {
    describe_objective(config_, session_->objective(), data_->dataset().classes(), console_);
    console_.info("run folder: {}", run_->path().string());
    Trainer trainer(config_, *run_, *session_, *data_, start_.configuration, console_, state_);
    if (trainer.run() == Trainer::Outcome::interrupted) {
      console_.info("interrupted and saved at step {}; continue with --resume {}",
                    trainer.state().global_step, run_->path().string());
      return kExitInterrupted;
    }
    write_training_report({*run_, config_, start_.configuration}, *session_, *data_,
                          trainer.state(), console_);
    return kExitDone;
  }

  const TrainCommandLine& command_line_;
  const RankedCall& call_;
  const TrainOptions& options_;
  const TrainConfig& config_;
  Console console_;
  Start start_;
  std::string device_;
  Placement placement_;
  std::optional<RunFolder> run_;
  std::optional<TrainingData> data_;
  std::optional<ModelSession> session_;
  ProgressState state_;
};

int train(TrainCommandLine& command_line, const RankedCall& call) {
  Start start;
  together(call.ranks, [&] {
    const TrainOptions& options = command_line.resolve();
    start = start_of(command_line, options);
    check_ranks(options.config, call.ranks.size());
  });
  const TrainOptions& options = command_line.options();
  if (options.print_config) {
    if (call.is_first()) fmt::print("{}", start.configuration);
    return kExitDone;
  }
  require_same(call.ranks, "settings", settings_of(start, options));
  return Training(command_line, call, std::move(start)).run();
}

}  // namespace

}  // namespace fpanet

int main(int argc, char** argv) {
  const auto app = fpanet::make_app(
      "fpanet_train", "Trains a network on satellite images and land-cover masks.",
      "fpanet_train --data data/train --epochs 100\n"
      "fpanet_train --data data/train --encoder-weights resnet34.pth --run runs/imagenet\n"
      "fpanet_train --data synthetic:64 --image-size 128 --epochs 5 --run runs/try\n"
      "fpanet_train --config my.toml --lr 3e-4\n"
      "fpanet_train --resume runs/imagenet\n"
      "fpanet_train --resume best-checkpoint-FPANet.ckpt --data data/train --run runs/onwards");
  fpanet::TrainCommandLine command_line(*app);
  return fpanet::run_main(*app, argc, argv, [&] {
    return fpanet::run_ranked("fpanet_train", [&](const fpanet::RankedCall& call) {
      return fpanet::train(command_line, call);
    });
  });
}
