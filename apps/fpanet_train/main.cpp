#include "apps/cli/environment.hpp"
#include "apps/cli/shared_settings.hpp"
#include "apps/fpanet_train/trainer.hpp"
#include "apps/fpanet_train/training_report.hpp"
#include "apps/training/checkpoint.hpp"
#include "apps/training/lightning_state.hpp"
#include "apps/training/monitor.hpp"
#include "apps/training/pixel_metadata.hpp"
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

int train(TrainCommandLine& command_line) {
  const TrainOptions& options = command_line.resolve();
  const TrainConfig& config = options.config;
  std::optional<WeightsFile> checkpoint;
  if (command_line.resumes_checkpoint()) {
    checkpoint = read_lightning(options.resume);
    command_line.adopt(*checkpoint->training);
  }
  const std::optional<WeightsFile> initial = checkpoint ? checkpoint : initial_weights(options);
  NetworkConfig network = command_line.resolve_network(initial ? &*initial : nullptr);
  const std::optional<PixelFormat> trained =
      initial ? read_pixels(initial->metadata, initial->name) : std::nullopt;
  const bool fine_tunes = initial && !checkpoint && options.resume.empty();
  command_line.resolve_bands(trained, initial ? initial->name : "", fine_tunes, network);
  const std::string configuration = command_line.config_toml();
  if (options.print_config) {
    fmt::print("{}", configuration);
    return kExitDone;
  }
  Console console(options.quiet);
  const Placement placement = resolve_placement({.device = config.device,
                                                 .precision = config.precision,
                                                 .threads = config.threads,
                                                 .deterministic = config.deterministic},
                                                console);
  console.info("{}", environment_line(placement.threads));

  std::optional<RunFolder> run;
  if (!options.resume.empty() && !checkpoint) {
    run = RunFolder::resume(options.resume);
    require_data_of(*run, command_line, config.data);
  }
  const Index init_classes = network.classes;
  const auto begins_with = checkpoint ? std::nullopt : std::optional(init_classes);
  TrainingData data = open_training_data(
      config, network,
      TrainedPixels{run || checkpoint ? trained : std::nullopt, pixel_size_of(run)},
      run ? run->split().string() : std::string(), classes_to_keep(run, initial, begins_with),
      placement, console);
  network.classes = data.dataset().classes().size();
  check_monitor(config.monitor, data.dataset().classes());
  describe_optimizer(config, schedule_of(config, data), console);
  ModelSession session(placement, network, config.lr, data.pixels);
  ProgressState state;
  const auto keep_average = [&] {
    if (const auto decay = config.optimizer.ema_decay()) {
      session.optimizer()->keep_average(session.store(), *decay);
    }
  };
  if (run) {
    keep_average();
    state = load_training_state(run->training_state(), session);
    session.set_objective(state.objective);
    state.stopped = state.wait >= config.patience;  // --patience may have changed
    console.info("{}: continues at epoch {}, step {}", run->path().string(), state.epoch + 1,
                 state.global_step);
  } else {
    session.set_objective(resolve(config.objective, *data.store, data.split.train));
    if (checkpoint) {
      state = resume_from(*checkpoint, config, session, console);
    } else {
      load_initial_weights(config, initial, init_classes, session, console);
    }
    keep_average();  // begins with the initial weights
    state.objective = session.objective();
    // The folder is created only now, so that a run that cannot start leaves no folder behind.
    run = RunFolder::create(options.run);
    // The order matters, see RunFolder: without a config.toml the run has not begun, with one it can
    // be resumed.
    save_training_state(run->training_state(), session, state);
    if (checkpoint) save_weights(*run, config, state, session, data);
    write_split(run->split(), data.pictures, data.dataset().picture_ids());
    data.dataset().classes().write(run->class_table());
    write_text_file(run->config(), configuration);
  }
  describe_objective(config, session.objective(), data.dataset().classes(), console);
  console.info("run folder: {}", run->path().string());

  Trainer trainer(config, *run, session, data, configuration, console, state);
  if (trainer.run() == Trainer::Outcome::interrupted) {
    console.info("interrupted and saved at step {}; continue with --resume {}",
                 trainer.state().global_step, run->path().string());
    return kExitInterrupted;
  }
  write_training_report({*run, config, configuration}, session, data, trainer.state(), console);
  return kExitDone;
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
  return fpanet::run_main(*app, argc, argv, [&] { return fpanet::train(command_line); });
}
