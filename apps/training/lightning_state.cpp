#include "apps/training/lightning_state.hpp"

#include <algorithm>

#include "apps/cli/settings_file.hpp"
#include "apps/training/monitor.hpp"
#include "apps/training/run_folder.hpp"
#include "apps/training/train_config.hpp"
#include "data/csv.hpp"
#include "engine/core/error.hpp"
#include "engine/weights/safetensors/safetensors.hpp"
#include "kernels/adamw.hpp"
#include "models/model_file.hpp"
#include "models/network_metadata.hpp"

namespace fpanet {

namespace {

bool begins_with_any(const std::string& name, const std::vector<std::string>& beginnings) {
  return std::ranges::any_of(
      beginnings, [&](const std::string& beginning) { return name.starts_with(beginning); });
}

/// What keeps training from continuing with this optimizer; empty if nothing does.
std::string problem_of(const OptimizerState& optimizer) {
  const kernels::AdamWOptions ours;
  if (optimizer.amsgrad) return "its AdamW uses amsgrad, which is not supported here";
  if (optimizer.maximize) return "its optimizer maximizes, but training here minimizes the loss";
  if (!optimizer.decoupled_weight_decay && optimizer.weight_decay != 0) {
    return "its optimizer is Adam, whose weight decay is a part of the gradient; training here "
           "uses "
           "AdamW, where it is not (decoupled_weight_decay is False)";
  }
  if (optimizer.beta1 != ours.beta1 || optimizer.beta2 != ours.beta2 || optimizer.eps != ours.eps) {
    return fmt::format(
        "its AdamW has betas ({}, {}) and eps {}; training here uses ({}, {}) and {}",
        optimizer.beta1, optimizer.beta2, optimizer.eps, ours.beta1, ours.beta2, ours.eps);
  }
  return {};
}

/// Drops the state of a callback that watched something other than the validation loss, and says so.
template <class State>
void drop_other_monitor(std::optional<State>& state, const char* callback, const char* dropped,
                        std::vector<std::string>& left_aside) {
  if (!state || state->watched == MonitorState{}) return;
  const auto& [monitor, mode] = state->watched;
  left_aside.push_back(fmt::format(
      "its {} watched {}, but val/Loss (min) is watched here; {} left aside", callback,
      monitor.empty() ? "a value that the file does not name" : monitor + " (" + mode + ")",
      dropped));
  state.reset();
}

/// Reads the file with its training state. If only the training state cannot be read, the message
/// says what to do.
WeightsFile read_with_training(const std::filesystem::path& path) {
  try {
    return read_weights(path, ReadTraining::yes);
  } catch (const Error& error) {
    read_weights(path, ReadTraining::no);  // throws the same if the weights are not readable either
    fail("{}; start a new training from its weights with --init {}", error.what(), path.string());
  }
}

/// The indices in the store of the optimizer's parameters, in the optimizer's order. That order is
/// the order of the state dict, because named_parameters() of a module follows it.
std::vector<std::size_t> optimizer_order(const WeightsFile& file, ModelSession& session) {
  const ParameterStore& store = session.store();
  const std::vector<std::string>& optional = session.network().optional_entries();
  const StateDict named = with_notebook_names(file.tensors);
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < store.entries().size(); ++i) {
    const ParameterEntry& entry = store.entries()[i];
    if (entry.kind != EntryKind::parameter) continue;
    if (!begins_with_any(entry.name, optional) || named.contains(entry.name)) order.push_back(i);
  }
  const auto parameters = static_cast<std::int64_t>(order.size());
  require(parameters == file.training->optimizer->parameters,
          "{}: its optimizer has {} parameters, but its model has {}", file.name,
          file.training->optimizer->parameters, parameters);
  return order;
}

void load_moments(const WeightsFile& file, ModelSession& session) {
  const ParameterStore& store = session.store();
  const TrainingState& training = *file.training;
  const std::vector<std::size_t> order = optimizer_order(file, session);
  for (std::size_t position = 0; position < order.size(); ++position) {
    const std::size_t index = order[position];
    const std::string& name = store.entries()[index].name;
    const auto found = training.optimizer->moments.find(static_cast<std::int64_t>(position));
    if (found == training.optimizer->moments.end()) {
      // PyTorch keeps optimizer state only for parameters that have received a gradient.
      require(begins_with_any(name, session.network().untrained_entries()),
              "{}: no optimizer state for parameter {}, {}", file.name, position, name);
      continue;
    }
    const AdamMoments& moments = found->second;
    require(moments.step == training.global_step,
            "{}: {} optimizer steps for {}, but the training has {}", file.name, moments.step, name,
            training.global_step);
    try {
      moments.exp_avg.copy_into(store.slot(index, session.optimizer()->moment1()));
      moments.exp_avg_sq.copy_into(store.slot(index, session.optimizer()->moment2()));
    } catch (const Error& error) {
      fail("{}: optimizer state {} does not fit {}: {}", file.name, position, name, error.what());
    }
  }
  session.optimizer()->set_step(training.global_step);
}

/// The number of batches in an epoch of `count` scenes.
std::int64_t batches(std::int64_t count, std::int64_t batch_size) {
  return (count + batch_size - 1) / batch_size;
}

/// The settings of a run, and the network that they describe.
struct RunConfig {
  TrainConfig config;
  NetworkConfig network;
};

RunConfig read_config(const std::filesystem::path& path) {
  RunConfig run;
  Settings settings;
  describe(run.config, settings);
  read_settings_file(path, settings);
  run.network = network_of(told_network(run.config.network, settings));
  return run;
}

std::int64_t count_scenes(const std::vector<CsvRow>& split, std::string_view part) {
  return std::ranges::count_if(split, [&](const CsvRow& row) { return row.cells[0] == part; });
}

/// Distributes the tensors of a training_state.safetensors over the weights and the optimizer
/// state.
void take_tensors(const StateDict& tensors, const std::vector<std::string>& untrained,
                  std::int64_t step, WeightsFile& file) {
  OptimizerState& optimizer = *file.training->optimizer;
  for (const auto& [name, entry] : tensors) {
    if (name.starts_with(kFirstMoment) || name.starts_with(kSecondMoment) ||
        name.starts_with(kMovingAverage)) {
      continue;
    }
    file.tensors.add(name, entry);
    const StateEntry* exp_avg = tensors.find(kFirstMoment + name);
    if (exp_avg == nullptr) continue;  // a buffer, not a parameter
    const std::int64_t position = optimizer.parameters++;
    if (begins_with_any(name, untrained)) continue;
    optimizer.moments.emplace(position,
                              AdamMoments{step, *exp_avg, tensors.at(kSecondMoment + name)});
  }
}

}  // namespace

WeightsFile read_lightning(const std::filesystem::path& path) {
  WeightsFile file = read_with_training(path);
  require(file.training.has_value(),
          "{}: not a Lightning checkpoint, so training cannot resume from it; start a new training "
          "from its weights with --init {}",
          file.name, path.string());
  require(file.training->optimizer.has_value(),
          "{}: saved without its optimizer state; start a new training from its weights with "
          "--init {}",
          file.name, path.string());
  require(
      file.training->lr_schedulers == 0,
      "{}: has {} learning-rate scheduler(s), but the rate is constant here; start a new training "
      "from its weights with --init {}",
      file.name, file.training->lr_schedulers, path.string());
  if (const std::string problem = problem_of(*file.training->optimizer); !problem.empty()) {
    fail("{}: {}; start a new training from its weights with --init {}", file.name, problem,
         path.string());
  }
  drop_other_monitor(file.training->early_stopping, "EarlyStopping",
                     "its best score, patience and count of epochs are", file.training->left_aside);
  drop_other_monitor(file.training->model_checkpoint, "ModelCheckpoint", "its best score is",
                     file.training->left_aside);
  return file;
}

ProgressState load_lightning_state(const WeightsFile& file, ModelSession& session) {
  load_moments(file, session);
  const TrainingState& training = *file.training;
  ProgressState state;
  state.epoch = training.epochs_done;
  state.global_step = training.global_step;
  if (const auto& stopping = training.early_stopping) {
    state.best_value = stopping->best_score;
    state.wait = stopping->wait_count;
    state.best_epoch = state.epoch - 1 - state.wait;
  } else if (const auto& saved = training.model_checkpoint;
             saved && saved->current_score == saved->best_score) {
    state.best_value = saved->best_score;
    state.best_epoch = state.epoch - 1;
  }
  return state;
}

WeightsFile lightning_checkpoint(const std::filesystem::path& run) {
  const RunFolder folder = RunFolder::resume(run);
  const SafetensorsFile saved = read_safetensors(folder.training_state());
  const ProgressState state = read_progress(saved, folder.training_state());
  require(state.epoch > 0 && state.batch == 0,
          "{}: the run was interrupted in epoch {}, but Lightning resumes at the end of an epoch; "
          "finish that epoch with fpanet_train --resume {}, or convert {} to get only the weights",
          run.string(), state.epoch + 1, run.string(), folder.last_checkpoint().string());
  require(state.frozen_steps == 0,
          "{}: its encoder was frozen for {} of {} steps, so that its optimizer state is behind, "
          "which a Lightning checkpoint of ours does not say; convert {} to get only the weights",
          run.string(), state.frozen_steps, state.global_step, folder.last_checkpoint().string());
  const auto [config, described] = read_config(folder.config());
  const NetworkConfig network =
      read_network(saved.metadata, folder.training_state().string()).value_or(described);
  ParameterStore store;
  const std::vector<std::string> untrained = make_network(store, network)->untrained_entries();
  const std::vector<CsvRow> split = read_csv(folder.split(), {"split"});

  WeightsFile file;
  file.name = run.string();
  file.container = "run folder";
  file.training = TrainingState{
      .epochs_done = state.epoch,
      .global_step = state.global_step,
      .train_batches = batches(count_scenes(split, "train"), config.batch_size),
      .validation_batches =
          batches(count_scenes(split, "val"), validation_batch_size(config.batch_size)),
      .optimizer = OptimizerState{.lr = config.lr, .weight_decay = config.weight_decay},
      .early_stopping =
          EarlyStoppingState{.wait_count = state.wait,
                             .stopped_epoch = state.stopped ? state.epoch - 1 : 0,
                             .patience = config.patience,
                             .best_score = state.best_value,
                             .watched = {config.monitor, Monitor{config.monitor}.mode()}}};
  take_tensors(saved.tensors, untrained, state.global_step, file);
  if (std::filesystem::exists(folder.last_checkpoint())) {
    file.metadata = read_safetensors(folder.last_checkpoint()).metadata;
  }
  write_network(network, file.metadata);
  return file;
}

}  // namespace fpanet
