// What of a Lightning checkpoint becomes training state, and what is refused. A whole run that goes
// on from one is in tests/programs/train_test.cpp.

#include "apps/training/lightning_state.hpp"

#include <doctest/doctest.h>

#include <CLI/CLI.hpp>
#include <mutex>

#include "apps/training/train_command_line.hpp"
#include "engine/weights/torch/writer.hpp"
#include "models/model_file.hpp"
#include "tests/support/message_of.hpp"
#include "tests/support/scratch_folder.hpp"

namespace fpanet {
namespace {

using test::contains;
using test::message_of;

/// A session of the smallest encoder, made once: it takes longer than what is tested here.
ModelSession& shared_session() {
  static ModelSession session({.context = Cpu{1}}, {.options = {{"encoder", "resnet18"}}}, 1e-4);
  static std::once_flag initialized;
  std::call_once(initialized, [] { session.store().initialize(1); });
  return session;
}

/// What Lightning would have saved of its training.
TrainingState lightning_training(ModelSession& session, const StateDict& tensors) {
  TrainingState training;
  training.epochs_done = 3;
  training.global_step = 6;
  training.train_batches = 2;
  training.optimizer = OptimizerState{.lr = 3e-4, .weight_decay = 0.1};
  training.early_stopping =
      EarlyStoppingState{.wait_count = 1, .stopped_epoch = 0, .patience = 4, .best_score = 0.25};
  for (const ParameterEntry& entry : session.store().entries()) {
    if (entry.kind != EntryKind::parameter) continue;
    const StateEntry& value = tensors.at(entry.name);
    // The second moment is another tensor than the first, so that a mix-up shows.
    if (!entry.name.starts_with("FreqFeature.")) {
      const std::vector<float> ones(static_cast<std::size_t>(value.numel()), 1.0F);
      training.optimizer->moments.emplace(
          training.optimizer->parameters,
          AdamMoments{6, value, StateEntry::from_values(ones, value.shape())});
    }
    ++training.optimizer->parameters;
  }
  return training;
}

struct Fixture {
  Fixture() : session(shared_session()) {
    static const StateDict weights = to_state_dict(session.store());
    static const TrainingState trained = lightning_training(session, weights);
    tensors = weights;
    training = trained;
  }

  WeightsFile written() const {
    write_lightning(folder / "a.ckpt", tensors, training);
    return read_lightning(folder / "a.ckpt");
  }
  std::string refusal() {
    return message_of<Error>([&] { load_lightning_state(written(), session); });
  }

  ScratchFolder folder;
  ModelSession& session;
  StateDict tensors;
  TrainingState training;
};

TEST_CASE("lightning state: moments, steps and early stopping arrive") {
  Fixture fixture;
  ModelSession& session = fixture.session;
  const ProgressState state = load_lightning_state(fixture.written(), session);
  CHECK(state.epoch == 3);
  CHECK(state.batch == 0);
  CHECK(state.global_step == 6);
  CHECK(state.wait == 1);
  CHECK(state.best_value == 0.25);
  CHECK(state.best_epoch == 1);
  CHECK_FALSE(state.stopped);

  const AdamWState& optimizer = *session.optimizer();
  CHECK(optimizer.step() == 6);
  for (const char* name : {"model.encoder.conv1.weight", "model.segmentation_head.0.bias"}) {
    const auto index = static_cast<std::size_t>(session.store().find(name));
    const auto moment = [&](const Tensor& region) {
      return StateEntry::from_tensor(session.store().slot(index, region)).values<float>();
    };
    const std::vector<float> wanted = fixture.tensors.at(name).values<float>();
    CHECK(moment(optimizer.moment1()) == wanted);
    CHECK(moment(optimizer.moment2()) == std::vector<float>(wanted.size(), 1.0F));
  }
}

TEST_CASE("lightning state: without early stopping the saved best counts when it is this one") {
  Fixture fixture;
  fixture.training.early_stopping.reset();
  fixture.training.model_checkpoint = ModelCheckpointState{
      .best_score = 0.5, .current_score = 0.5, .best_path = "b", .folder = "f"};
  CHECK(load_lightning_state(fixture.written(), fixture.session).best_value == 0.5);
  fixture.training.model_checkpoint->current_score = 0.75;
  CHECK(load_lightning_state(fixture.written(), fixture.session).best_epoch == -1);
}

TEST_CASE("lightning state: what callbacks counted of another value is left aside and said") {
  Fixture fixture;
  fixture.training.early_stopping->watched = {"val/IoU", "max"};
  fixture.training.model_checkpoint = ModelCheckpointState{.best_score = 0.9,
                                                           .current_score = 0.9,
                                                           .best_path = "b",
                                                           .folder = "f",
                                                           .watched = {"val/IoU", "max"}};
  const WeightsFile file = fixture.written();
  CHECK_FALSE(file.training->early_stopping.has_value());
  CHECK_FALSE(file.training->model_checkpoint.has_value());
  REQUIRE(file.training->left_aside.size() == 2);
  CHECK(file.training->left_aside[0] ==
        "its EarlyStopping watched val/IoU (max), but val/Loss (min) is watched here; its best "
        "score, patience and count of epochs are left aside");
  CHECK(contains(file.training->left_aside[1], "its ModelCheckpoint watched val/IoU (max)"));
  const ProgressState state = load_lightning_state(file, fixture.session);
  CHECK(state.epoch == 3);
  CHECK(state.best_epoch == -1);
  CHECK(state.wait == 0);

  fixture.training.early_stopping->watched = {};
  const WeightsFile mixed = fixture.written();
  CHECK(mixed.training->early_stopping.has_value());
  CHECK(mixed.training->left_aside.size() == 1);
}

TEST_CASE("lightning state: what does not fit is refused by name") {
  Fixture fixture;
  OptimizerState& optimizer = *fixture.training.optimizer;
  SUBCASE("a parameter without state") {
    optimizer.moments.erase(1);
    CHECK(fixture.refusal() ==
          "a.ckpt: no optimizer state for parameter 1, model.encoder.bn1.weight");
  }
  SUBCASE("state of another shape") {
    optimizer.moments.at(1).exp_avg = fixture.tensors.at("model.encoder.conv1.weight");
    CHECK(contains(fixture.refusal(), "optimizer state 1 does not fit model.encoder.bn1.weight"));
  }
  SUBCASE("steps that are not the training's") {
    optimizer.moments.at(1).step = 5;
    CHECK(contains(fixture.refusal(), "5 optimizer steps for model.encoder.bn1.weight"));
  }
  SUBCASE("another number of parameters") {
    ++optimizer.parameters;
    CHECK(contains(fixture.refusal(), "parameters, but its model"));
  }
  SUBCASE("another AdamW") {
    optimizer.beta1 = 0.5;
    CHECK(contains(fixture.refusal(), "betas (0.5, 0.999)"));
  }
  SUBCASE("amsgrad") {
    optimizer.amsgrad = true;
    CHECK(contains(fixture.refusal(), "amsgrad"));
    CHECK(contains(fixture.refusal(), "start a new training from its weights with --init"));
  }
  SUBCASE("an optimizer that maximizes") {
    optimizer.maximize = true;
    CHECK(contains(fixture.refusal(), "its optimizer maximizes"));
  }
  SUBCASE("Adam, whose decay is another") {
    optimizer.decoupled_weight_decay = false;
    CHECK(contains(fixture.refusal(), "its optimizer is Adam"));
    CHECK(contains(fixture.refusal(), "with --init"));
    optimizer.weight_decay = 0;  // without decay both are the same
    CHECK(fixture.refusal().empty());
  }
  SUBCASE("weights only") {
    fixture.training.optimizer.reset();
    CHECK(contains(fixture.refusal(), "without its optimizer state"));
  }
  SUBCASE("no training at all") {
    write_torch(fixture.folder / "a.pth", fixture.tensors);
    CHECK(contains(message_of<Error>([&] { read_lightning(fixture.folder / "a.pth"); }),
                   "a.pth: not a Lightning checkpoint"));
  }
}

TEST_CASE("--resume FILE.ckpt: the checkpoint decides lr, weight decay and patience, flags win") {
  const Fixture fixture;
  const std::string file = (fixture.folder / "a.ckpt").string();
  const WeightsFile checkpoint = fixture.written();
  CLI::App app;
  TrainCommandLine command_line(app);
  std::vector<std::string> arguments{"0.01", "--weight-decay", "d", "--data", file, "--resume"};
  app.parse(arguments);
  const TrainOptions& options = command_line.resolve();
  REQUIRE(command_line.resumes_checkpoint());
  command_line.adopt(*checkpoint.training);
  CHECK(options.config.lr == 3e-4);
  CHECK(options.config.weight_decay == 0.01);
  CHECK(options.config.patience == 4);
  CHECK(contains(command_line.config_toml(), "lr = 0.0003\n"));
}

}  // namespace
}  // namespace fpanet
