#include "apps/common/checkpoint.hpp"
#include "apps/common/environment.hpp"
#include "apps/common/shared_settings.hpp"
#include "apps/common/text_file.hpp"
#include "apps/common/train_command_line.hpp"
#include "apps/fpanet_train/trainer.hpp"
#include "apps/fpanet_train/training_report.hpp"

namespace fpanet {

namespace {

/// Initial weights: random from the seed, then what --encoder-weights and --init give.
void load_initial_weights(const TrainConfig& config, ModelSession& session, Console& console) {
  session.store().initialize(static_cast<std::uint64_t>(config.seed));
  if (const std::string file = file_or_none(config.encoder_weights); !file.empty()) {
    console.info("{}", load_encoder(session.store(), read_weights(file)));
  }
  if (const std::string file = file_or_none(config.init); !file.empty()) {
    console.info("{}", load_model(session.store(), read_weights(file)));
  }
}

int train(TrainCommandLine& command_line) {
  const TrainOptions& options = command_line.resolve();
  const TrainConfig& config = options.config;
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

  const bool resuming = !options.resume.empty();
  std::optional<RunFolder> run;
  if (resuming) run = RunFolder::resume(options.resume);
  TrainingData data = open_training_data(config, resuming ? run->split().string() : std::string(),
                                         placement, console);
  ModelSession session(placement,
                       {.encoder_name = config.encoder, .classes = data.dataset().classes().size()},
                       config.lr);
  ProgressState state;
  if (resuming) {
    state = load_training_state(run->training_state(), session);
    console.info("{}: goes on at epoch {}, step {}", run->path().string(), state.epoch + 1,
                 state.global_step);
  } else {
    load_initial_weights(config, session, console);
    // Only now, so that a run that cannot begin leaves no folder behind.
    run = RunFolder::create(options.run);
    write_text_file(run->config(), command_line.config_toml());
    write_split(run->split(), data.split, data.dataset().ids());
  }
  console.info("run folder: {}", run->path().string());

  Trainer trainer(config, *run, session, data, console, state);
  if (trainer.run() == Trainer::Outcome::interrupted) {
    console.info("interrupted and saved at step {}; go on with --resume {}",
                 trainer.state().global_step, run->path().string());
    return kExitInterrupted;
  }
  write_training_report(*run, session, data, trainer.state(), command_line.config_toml(), console);
  return kExitDone;
}

}  // namespace

}  // namespace fpanet

int main(int argc, char** argv) {
  const auto app = fpanet::make_app(
      "fpanet_train", "Trains FPA-Net on satellite images and land-cover masks.",
      "fpanet_train --data data/train --epochs 100\n"
      "fpanet_train --data data/train --encoder-weights resnet34.pth --run runs/imagenet\n"
      "fpanet_train --data synthetic:64 --image-size 128 --epochs 5 --run runs/try\n"
      "fpanet_train --config my.toml --lr 3e-4\n"
      "fpanet_train --resume runs/imagenet");
  fpanet::TrainCommandLine command_line(*app);
  return fpanet::run_main(*app, argc, argv, [&] { return fpanet::train(command_line); });
}
