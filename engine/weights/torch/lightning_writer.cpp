#include "engine/weights/torch/writer.hpp"

namespace fpanet {

namespace {

constexpr std::string_view kLightningVersion = "2.0.9";
constexpr std::string_view kEarlyStopping = "EarlyStopping{'monitor': 'val/Loss', 'mode': 'min'}";
constexpr std::string_view kModelCheckpoint =
    "ModelCheckpoint{'monitor': 'val/Loss', 'mode': 'min', 'every_n_train_steps': 0, "
    "'every_n_epochs': 1, 'train_time_interval': None}";

/// Lightning's progress counters: how many items were ready, started, processed and completed.
struct Progress {
  std::int64_t ready = 0, started = 0, processed = 0, completed = 0;

  static Progress all(std::int64_t count) { return {count, count, count, count}; }
};

/// The counters to write: two are ready and completed, three add started, four add processed.
enum class Counts { two, three, four };

void write_progress(PickleWriter& out, const Progress& progress, Counts counts) {
  out.begin_dict().text("ready").integer(progress.ready);
  out.text("completed").integer(progress.completed);
  if (counts != Counts::two) out.text("started").integer(progress.started);
  if (counts == Counts::four) out.text("processed").integer(progress.processed);
  out.end_dict();
}

/// `total` counts over the whole training, `current` in the current epoch.
void write_tracker(PickleWriter& out, const Progress& total, const Progress& current,
                   Counts counts = Counts::four) {
  out.text("total");
  write_progress(out, total, counts);
  out.text("current");
  write_progress(out, current, counts);
}

void write_batch_progress(PickleWriter& out, std::int64_t total, std::int64_t current) {
  out.begin_dict();
  write_tracker(out, Progress::all(total), Progress::all(current));
  out.text("is_last_batch").boolean(current > 0).end_dict();
}

void write_fit_loop(PickleWriter& out, const TrainingState& training) {
  const std::int64_t steps = training.global_step, batches = training.train_batches;
  const auto state = [&](const char* name) { out.text(name).begin_dict().end_dict(); };
  out.begin_dict();
  state("state_dict");
  out.text("epoch_loop.state_dict").begin_dict();
  out.text("_batches_that_stepped").integer(steps).end_dict();
  out.text("epoch_loop.batch_progress");
  write_batch_progress(out, steps, batches);
  out.text("epoch_loop.scheduler_progress").begin_dict();
  write_tracker(out, {}, {}, Counts::two);
  out.end_dict();
  state("epoch_loop.automatic_optimization.state_dict");
  out.text("epoch_loop.automatic_optimization.optim_progress").begin_dict();
  out.text("optimizer").begin_dict().text("step").begin_dict();
  write_tracker(out, Progress::all(steps), Progress::all(batches), Counts::two);
  out.end_dict().text("zero_grad").begin_dict();
  write_tracker(out, Progress::all(steps), Progress::all(batches), Counts::three);
  out.end_dict().end_dict().end_dict();
  state("epoch_loop.manual_optimization.state_dict");
  out.text("epoch_loop.manual_optimization.optim_step_progress").begin_dict();
  write_tracker(out, {}, {}, Counts::two);
  out.end_dict();
  state("epoch_loop.val_loop.state_dict");
  out.text("epoch_loop.val_loop.batch_progress");
  write_batch_progress(out, training.validation_batches, training.validation_batches);
  // The state when ModelCheckpoint saves: the epoch is processed but not yet completed.
  Progress epochs = Progress::all(training.epochs_done);
  epochs.completed -= 1;
  out.text("epoch_progress").begin_dict();
  write_tracker(out, epochs, epochs);
  out.end_dict().end_dict();
}

void write_loops(PickleWriter& out, const TrainingState& training) {
  out.begin_dict().text("fit_loop");
  write_fit_loop(out, training);
  for (const char* loop : {"validate_loop", "test_loop", "predict_loop"}) {
    out.text(loop).begin_dict().text("state_dict").begin_dict().end_dict();
    out.text("batch_progress");
    write_batch_progress(out, 0, 0);
    out.end_dict();
  }
  out.end_dict();
}

void write_callbacks(PickleWriter& out, const TrainingState& training) {
  out.begin_dict();
  if (training.early_stopping) {
    const EarlyStoppingState& state = *training.early_stopping;
    out.text(kEarlyStopping).begin_dict();
    out.text("wait_count").integer(state.wait_count);
    out.text("stopped_epoch").integer(state.stopped_epoch);
    out.text("best_score").tensor(static_cast<float>(state.best_score));
    out.text("patience").integer(state.patience).end_dict();
  }
  if (training.model_checkpoint) {
    const ModelCheckpointState& state = *training.model_checkpoint;
    const auto best = static_cast<float>(state.best_score);
    out.text(kModelCheckpoint).begin_dict().text("monitor").text("val/Loss");
    out.text("best_model_score").tensor(best);
    out.text("best_model_path").text(state.best_path);
    out.text("current_score").tensor(static_cast<float>(state.current_score));
    out.text("dirpath").text(state.folder);
    out.text("best_k_models").begin_dict().text(state.best_path).tensor(best).end_dict();
    out.text("kth_best_model_path").text(state.best_path).text("kth_value").tensor(best);
    out.text("last_model_path").text("").end_dict();
  }
  out.end_dict();
}

/// torch.optim.AdamW(...).state_dict()
void write_optimizer(PickleWriter& out, const OptimizerState& optimizer) {
  out.begin_dict().text("state").begin_dict();
  for (const auto& [index, moments] : optimizer.moments) {
    out.integer(index).begin_dict();
    out.text("step").tensor(static_cast<float>(moments.step));
    out.text("exp_avg").tensor(moments.exp_avg);
    out.text("exp_avg_sq").tensor(moments.exp_avg_sq).end_dict();
  }
  out.end_dict().text("param_groups").begin_list().begin_dict();
  out.text("lr").real(optimizer.lr);
  out.text("betas").begin_tuple().real(optimizer.beta1).real(optimizer.beta2).end_tuple();
  out.text("eps").real(optimizer.eps).text("weight_decay").real(optimizer.weight_decay);
  out.text("amsgrad").boolean(optimizer.amsgrad).text("foreach").none();
  out.text("maximize").boolean(false).text("capturable").boolean(false);
  out.text("differentiable").boolean(false).text("fused").none();
  out.text("params").begin_list();
  for (std::int64_t i = 0; i < optimizer.parameters; ++i) out.integer(i);
  out.end_list().end_dict().end_list().end_dict();
}

}  // namespace

void write_lightning(const std::filesystem::path& path, const StateDict& tensors,
                     const TrainingState& training, const Metadata& metadata) {
  require(training.epochs_done > 0, "{}: a Lightning checkpoint needs a finished epoch",
          path.string());
  PickleWriter out;
  out.begin_dict();
  out.text("epoch").integer(training.epochs_done - 1);
  out.text("global_step").integer(training.global_step);
  out.text("pytorch-lightning_version").text(kLightningVersion);
  out.text("state_dict").state_dict(tensors);
  if (!metadata.empty()) {
    out.text(kMetadataKey);
    write_metadata(out, metadata);
  }
  out.text("loops");
  write_loops(out, training);
  out.text("callbacks");
  write_callbacks(out, training);
  out.text("optimizer_states").begin_list();
  if (training.optimizer) write_optimizer(out, *training.optimizer);
  out.end_list().text("lr_schedulers").begin_list().end_list().end_dict();
  write_torch(path, std::move(out));
}

}  // namespace fpanet
