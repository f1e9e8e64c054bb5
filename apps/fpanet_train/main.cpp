#include "apps/cli/environment.hpp"
#include "apps/cli/shared_settings.hpp"
#include "apps/cli/text_file.hpp"
#include "apps/fpanet_train/trainer.hpp"
#include "apps/fpanet_train/training_report.hpp"
#include "apps/training/checkpoint.hpp"
#include "apps/training/lightning_state.hpp"
#include "apps/training/pixel_metadata.hpp"
#include "apps/training/train_command_line.hpp"
#include "models/network_metadata.hpp"

namespace fpanet {

namespace {

/// Sets the initial weights: random ones from the seed, then those of --encoder-weights and --init.
void load_initial_weights(const TrainConfig& config, const std::optional<WeightsFile>& init,
                          ModelSession& session, Console& console) {
  session.store().initialize(static_cast<std::uint64_t>(config.seed));
  if (const std::string file = file_or_none(config.encoder_weights); !file.empty()) {
    console.info("{}", load_encoder(session.store(), session.network(), read_weights(file)));
  }
  if (init) console.info("{}", load_model(session.store(), session.network(), *init));
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
  if (training.batches_into_epoch > 0) {
    console.warning("{}: saved after {} batches of epoch {}; that epoch restarts", checkpoint.name,
                    training.batches_into_epoch, state.epoch + 1);
  }
  console.info("{}: continues at epoch {}, step {}; lr {}, weight decay {}, patience {}",
               checkpoint.name, state.epoch + 1, state.global_step, config.lr, config.weight_decay,
               config.patience);
  if (state.best_epoch >= 0) {
    console.info("best so far: val/Loss {:.5f} in epoch {}", state.best_loss, state.best_epoch + 1);
  }
  return state;
}

/// Saves what a new run folder needs for the run to be resumed, and its weights to be used, before
/// its first epoch ends.
void save_beginning(const RunFolder& run, const TrainConfig& config, const ProgressState& state,
                    ModelSession& session, const TrainingData& data) {
  save_training_state(run.training_state(), session, state);
  CheckpointInfo info;
  info.classes = data.dataset().classes();
  info.image_size = config.image_size;
  info.epoch = state.epoch - 1;
  info.pixels = session.pixels();
  save_model(run.last_checkpoint(), session.store(), session.network().config(), info);
  if (state.best_epoch != state.epoch - 1) return;
  info.val_loss = state.best_loss;
  save_model(run.best_checkpoint(), session.store(), session.network().config(), info);
}

/// The weights that a new run begins with, if --init gives them, or those that a resumed run has
/// saved. The latter's --init is history: its file need not exist any more.
std::optional<WeightsFile> initial_weights(const TrainOptions& options) {
  if (options.resume.empty()) {
    const std::string file = file_or_none(options.config.init);
    return file.empty() ? std::nullopt : std::optional(read_weights(file));
  }
  const std::filesystem::path state = RunFolder::training_state(options.resume);
  if (!std::filesystem::exists(state)) return std::nullopt;
  WeightsFile saved = read_weights(state);
  // Earlier versions did not record the network; config.toml describes it.
  return names_network(saved.metadata) ? std::optional(std::move(saved)) : std::nullopt;
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
  command_line.resolve_bands(trained, initial ? initial->name : "", network);
  if (options.print_config) {
    fmt::print("{}", command_line.config_toml());
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
  if (!options.resume.empty() && !checkpoint) run = RunFolder::resume(options.resume);
  TrainingData data =
      open_training_data(config, network, run || checkpoint ? trained : std::nullopt,
                         run ? run->split().string() : std::string(), placement, console);
  network.classes = data.dataset().classes().size();
  ModelSession session(placement, network, config.lr, data.pixels);
  ProgressState state;
  if (run) {
    state = load_training_state(run->training_state(), session);
    state.stopped = state.wait >= config.patience;  // --patience may have changed
    console.info("{}: continues at epoch {}, step {}", run->path().string(), state.epoch + 1,
                 state.global_step);
  } else {
    if (checkpoint) {
      state = resume_from(*checkpoint, config, session, console);
    } else {
      load_initial_weights(config, initial, session, console);
    }
    // The folder is created only now, so that a run that cannot start leaves no folder behind.
    run = RunFolder::create(options.run);
    write_text_file(run->config(), command_line.config_toml());
    write_split(run->split(), data.split, data.dataset().ids());
    if (checkpoint) save_beginning(*run, config, state, session, data);
  }
  console.info("run folder: {}", run->path().string());

  Trainer trainer(config, *run, session, data, console, state);
  if (trainer.run() == Trainer::Outcome::interrupted) {
    console.info("interrupted and saved at step {}; continue with --resume {}",
                 trainer.state().global_step, run->path().string());
    return kExitInterrupted;
  }
  write_training_report(*run, session, data, trainer.state(), command_line.config_toml(),
                        config.show_bands, console);
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
