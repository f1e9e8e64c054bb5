#include "apps/fpanet_train/trainer.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "apps/cli/interrupt.hpp"
#include "apps/cli/metric_text.hpp"
#include "apps/cli/progress.hpp"
#include "apps/fpanet_train/sample_scenes.hpp"
#include "apps/fpanet_train/training_report.hpp"
#include "apps/training/checkpoint.hpp"
#include "apps/training/pixel_choice.hpp"
#include "apps/training/rank_parts.hpp"
#include "apps/training/together.hpp"
#include "engine/core/error.hpp"
#include "models/parameter_modules.hpp"

namespace fpanet {

namespace {

using Clock = std::chrono::steady_clock;

std::vector<LoggedValue> notebook_values(const std::string& part, const EpochMetrics& metrics) {
  return {{part + "/Loss", metrics.loss.value()},
          {part + "/IoU", metrics.iou.value()},
          {part + "/Accuracy", metrics.accuracy.value()},
          {part + "/Precision", metrics.precision.value()},
          {part + "/Recall", metrics.recall.value()},
          {part + "/F1score", metrics.f1.value()}};
}

/// The columns of steps.csv that --log-gradients adds.
std::string gradient_column(const std::string& module) {
  return "gradient/" + module;
}

std::string weight_column(const std::string& module) {
  return "weight/" + module;
}

constexpr const char* kGradientNorm = "train/GradientNorm";  // of all gradients, before clipping

std::vector<std::string> norm_columns(const TrainConfig& config, const ModelSession& session,
                                      const ParameterStore& store) {
  if (!config.log_gradients) return {};
  std::vector<std::string> trained, columns = {kGradientNorm};
  for (const ParameterEntry& entry : store.entries()) {
    const auto begins = [&](const std::string& prefix) { return entry.name.starts_with(prefix); };
    if (entry.kind == EntryKind::parameter &&
        std::ranges::none_of(session.network().untrained_entries(), begins)) {
      trained.push_back(entry.name);
    }
  }
  for (const ModuleParameters& module : modules_of(trained)) {
    columns.push_back(gradient_column(module.name));
    columns.push_back(weight_column(module.name));
  }
  return columns;
}

std::map<std::string, double> norm_values(const std::vector<ModuleNorms>& norms) {
  std::map<std::string, double> values;
  double squares = 0;
  for (const ModuleNorms& norm : norms) {
    values[gradient_column(norm.module)] = norm.gradient;
    values[weight_column(norm.module)] = norm.weight;
    squares += norm.gradient * norm.gradient;
  }
  if (!norms.empty()) values[kGradientNorm] = std::sqrt(squares);
  return values;
}

/// How GPUs of several ranks add up gradients.
GradientSum gradient_sum(const TrainConfig& config) {
  if (config.reduce == "bf16") return GradientSum::bf16;
  return config.deterministic ? GradientSum::ordered : GradientSum::library;
}

/// The value of a column; NaN if there is none.
double value_of(const std::vector<LoggedValue>& columns, const std::string& name) {
  const auto found = std::ranges::find(columns, name, &LoggedValue::name);
  return found == columns.end() ? std::nan("") : std::get<double>(found->value);
}

}  // namespace

Trainer::Trainer(const TrainConfig& config, const RunFolder& run, ModelSession& session,
                 TrainingData& data, const std::string& configuration, Console& console,
                 ProgressState state)
    : config_(config),
      run_(run),
      session_(session),
      data_(data),
      configuration_(configuration),
      resident_(make_resident(session.placement().context, *data.store, data.split.train,
                              config.image_size, data.train->options(), console)),
      feed_(*data.train, session.placement().context, resident_.get()),
      wait_(session.placement().context),
      console_(console),
      state_(std::move(state)),
      schedule_(schedule_of(config, data)),
      monitor_{config.monitor},
      writes_(session.ranks().rank() == 0) {
  if (!writes_) return;
  metrics_.emplace(run.metrics(), state_.epoch);
  steps_.emplace(run.steps(), state_.global_step, norm_columns(config, session, session.store()));
  if (config.tensorboard) tensorboard_.emplace(run.tensorboard(), state_.global_step);
}

Trainer::Outcome Trainer::run() {
  const InterruptGuard guard(writes_);
  while (state_.epoch < config_.epochs && !state_.stopped) {
    if (train_epoch() == Outcome::interrupted || finish_epoch() == Outcome::interrupted) {
      return save_interrupted();
    }
  }
  saving_.wait();
  return Outcome::finished;
}

MicroBatch Trainer::Place::kind() const {
  if (count == 1) return MicroBatch::only;
  if (index == 0) return MicroBatch::first;
  return last() ? MicroBatch::last : MicroBatch::middle;
}

Trainer::Place Trainer::place() const {
  const Index index = state_.batch % config_.accumulate;
  const Index rest = data_.train->batches() - (state_.batch - index);
  return {index, std::min(config_.accumulate, rest)};
}

Program& Trainer::train_program(const BatchFeed::Item& item, MicroBatch micro_batch) {
  ProgramOptions options{
      .kind = ProgramKind::train,
      .batch = item.images,
      .height = item.height,
      .width = item.width,
      .image_dtype = session_.pixels().type,
      .scale = session_.pixels().scale,
      .source = item.source,
      .objective = session_.objective(),
      .adamw = {.weight_decay = config_.weight_decay},
      .encoder = {.lr_factor = config_.optimizer.encoder_lr, .frozen = encoder_frozen()},
      .measure_norms = config_.log_gradients,
      .micro_batch = micro_batch};
  Communicator& ranks = session_.ranks();
  if (ranks.size() > 1 && config_.sync) {
    options.reduction = session_.reduction(item.whole);
    options.ranked = {.ranks = &ranks, .buckets = {.sum = gradient_sum(config_)}};
  } else if (ranks.size() > 1) {
    const Index own = item.stands_in ? 0 : item.images;
    options.ranked = {.ranks = &ranks,
                      .share = static_cast<double>(own) / static_cast<double>(item.whole),
                      .buckets = {.sum = gradient_sum(config_)}};
  }
  if (!encoder_frozen()) options.encoder.missed_steps = state_.frozen_steps;
  if (const auto norm = config_.optimizer.largest_norm()) options.adamw.max_norm = *norm;
  const bool known = session_.has_program(options);
  Program& program = session_.program(options);
  if (!known) wait_.forget();
  return program;
}

void Trainer::step(const BatchFeed::Item& item) {
  const Place at = place();
  Program& program = train_program(item, at.kind());
  feed_.fill(program);
  if (at.count > 1) program.set_micro_batch(at.index, at.count);
  session_.optimizer()->set_learning_rate(learning_rate(schedule_, state_.global_step));
  wait_.batch_ready();
  program.run();
  wait_.step_started();
  const PendingBatch started{.outcome = &program.read_back(),
                             .whole = item.whole,
                             .epoch = state_.epoch,
                             .global_step = state_.global_step,
                             .lr = session_.optimizer()->learning_rate(),
                             .ends_step = at.last()};
  settle();
  pending_ = started;
  ++state_.batch;
  if (!at.last()) return;
  ++state_.global_step;
  if (encoder_frozen()) ++state_.frozen_steps;
}

void Trainer::settle() {
  if (!pending_) return;
  const PendingBatch batch = *pending_;
  pending_.reset();
  const PartResult part{batch.outcome->loss(), batch.outcome->confusion()};
  wait_.step_done();
  const auto [loss, confusion] = join_parts(session_.ranks(), part, batch.whole, config_.sync);
  require_finite("loss", loss, batch.epoch, batch.global_step);
  const Stats stats = stats_of(confusion);
  state_.train.add(loss, stats);
  if (any_counted(stats)) step_loss_.add(loss, 1);
  if (!batch.ends_step) return;
  const auto step_loss = step_loss_.count > 0 ? std::optional(step_loss_.value()) : std::nullopt;
  const std::map<std::string, double> norms = norm_values(batch.outcome->norms());
  if (steps_) steps_->add(batch.epoch, batch.global_step, step_loss, batch.lr, norms);
  if (tensorboard_) tensorboard_->step(batch.global_step, step_loss, batch.lr, norms);
  step_loss_ = {};
}

void Trainer::require_finite(std::string_view what, double value, std::int64_t epoch,
                             std::int64_t step) {
  if (std::isfinite(value)) return;
  saving_.wait();
  const std::string good = std::filesystem::exists(run_.last_checkpoint())
                               ? "the last good checkpoint is " + run_.last_checkpoint().string()
                               : "no epoch was finished, so there is no checkpoint";
  fail("training: the {} is {} at epoch {}, step {}; {}. Try a smaller --lr", what, value,
       epoch + 1, step, good);
}

Trainer::Outcome Trainer::train_epoch() {
  const Clock::time_point start = Clock::now();
  Progress progress(console_, fmt::format("epoch {}/{} train", state_.epoch + 1, config_.epochs),
                    data_.train->batches() - state_.batch);
  epoch_images_ = 0;
  // Programs that train the encoder need more memory than those of the frozen epochs.
  if (state_.frozen_steps > 0 && state_.epoch == config_.optimizer.freeze_encoder) {
    session_.forget_programs();
  }
  wait_.begin_epoch();
  feed_.start(state_.epoch, state_.batch);
  while (const auto item = feed_.next()) {
    saving_.check();
    step(*item);
    epoch_images_ += item->whole;
    const EpochMean& loss = state_.train.loss;
    progress.step(item->whole, loss.count > 0 ? std::optional(loss.value()) : std::nullopt);
    if (place().index != 0) continue;  // gradients of a step that is not finished are not saved
    const Pause next = pause();
    // With --save-every, a step is logged only once the state that was saved before it is on the disk.
    if (next.saves) saving_.wait();
    if (next.stops || next.saves) settle();
    if (next.stops) return Outcome::interrupted;
    if (next.saves) save_within_epoch();
  }
  settle();
  epoch_seconds_ = std::chrono::duration<double>(Clock::now() - start).count();
  return Outcome::finished;
}

Trainer::Pause Trainer::pause() {
  std::array<std::int64_t, 2> votes = {InterruptGuard::requested() ? 1 : 0,
                                       writes_ && save_is_due() ? 1 : 0};
  session_.ranks().all_reduce(votes);
  return {.stops = votes[0] > 0, .saves = votes[1] > 0};
}

std::optional<Tally> Trainer::validate(std::vector<ReportSample>& samples) {
  Progress progress(console_, fmt::format("epoch {}/{} val", state_.epoch + 1, config_.epochs),
                    data_.val->batches());
  const Bands show = resolve_preview(config_.show_bands, data_.pixels.bands);
  session_.use_average(true);
  Tally val = evaluate(session_, *data_.val, [&](const Batch& batch, const BatchResult& result) {
    progress.step(batch.whole);
    if (!writes_) return !InterruptGuard::requested();
    saving_.check();
    add_samples(samples, data_, batch, result.probabilities, show);
    if (save_is_due()) save_within_epoch();
    return !InterruptGuard::requested();
  });
  if (!on_any(session_.ranks(), InterruptGuard::requested())) return val;
  session_.use_average(false);
  return std::nullopt;
}

Trainer::Outcome Trainer::finish_epoch() {
  if (!config_.sync) share_buffers(session_);  // as DDP does, whose first rank counts
  require_equal_weights(session_, fmt::format("after epoch {}", state_.epoch + 1));
  std::vector<ReportSample> samples;
  const std::optional<Tally> validated = validate(samples);
  if (!validated) return Outcome::interrupted;
  const Tally& val = *validated;
  require(val.metrics().loss.count > 0,
          "training: no pixel of the validation scenes is counted, so that there is no val/Loss");
  const double val_loss = val.metrics().loss.value();
  const std::int64_t epoch = state_.epoch;
  require_finite("validation loss", val_loss, epoch, state_.global_step);
  saving_.wait();  // so that metrics.csv is never two epochs ahead of the saved state

  const std::optional<Index> unknown = data_.dataset().classes().find("unknown");
  // A run that is resumed after an interrupted validation has trained nothing in this epoch.
  const double images_per_second =
      epoch_images_ > 0 ? static_cast<double>(epoch_images_) / epoch_seconds_ : 0;
  std::vector<LoggedValue> row = notebook_values("val", val.metrics());
  row.push_back({"val/PixelAccuracy", val.confusion().pixel_accuracy()});
  row.push_back({"val/MeanIoU", val.confusion().mean_iou()});
  row.push_back({"val/MeanIoUKnown", val.confusion().mean_iou(unknown)});
  const std::vector<ClassInfo>& classes = data_.dataset().classes().classes();
  for (std::size_t label = 0; label < classes.size(); ++label) {
    row.push_back(
        {class_iou_column(classes[label].name), val.confusion().of(static_cast<Index>(label)).iou});
  }
  if (metrics_) metrics_->log(row, epoch, state_.global_step - 1);
  std::vector<LoggedValue> columns = row;
  row = notebook_values("train", state_.train);
  row.push_back({"lr", learning_rate(schedule_, state_.global_step - 1)});
  row.push_back({"train/Seconds", epoch_seconds_});
  row.push_back({"train/ImagesPerSecond", images_per_second});
  row.push_back({"train/WaitSeconds", wait_.seconds()});
  if (metrics_) metrics_->log(row, epoch, state_.global_step - 1);
  columns.insert(columns.end(), row.begin(), row.end());
  console_.info(
      "epoch {}/{}: train loss {}, val loss {:.5f}, val pixel accuracy {:.4f}, val mean IoU {}, "
      "{:.1f} images/s, waited {:.1f} % for data",
      epoch + 1, config_.epochs, metric_text(state_.train.loss.value(), 5), val_loss,
      val.confusion().pixel_accuracy(), metric_text(val.confusion().mean_iou(unknown)),
      images_per_second, 100 * wait_.seconds() / epoch_seconds_);

  const bool is_best = update_best(columns);
  session_.use_average(false);
  const Metadata checkpoint = writes_ ? checkpoint_metadata(val_loss) : Metadata();
  state_.begin_epoch(epoch + 1);
  if (!writes_) return Outcome::finished;
  saving_.start([this, epoch, is_best, checkpoint, copied = copy_state(),
                 metadata = training_metadata(session_, state_), state = state_, val, columns,
                 samples = std::move(samples)]() mutable {
    {
      SavedState saved = std::move(copied);
      saved.arrange(1);
      if (is_best) write_safetensors(run_.best_checkpoint(), saved.best(), checkpoint);
      write_safetensors(run_.last_checkpoint(), saved.last(), checkpoint);
      write_state(saved, metadata);
    }
    // After the state: a run that is killed before does this again.
    if (tensorboard_) {
      tensorboard_->epoch(state.global_step - 1, epoch, columns, samples, data_.dataset().classes(),
                          val.confusion());
    }
    write_live_report({run_, config_, configuration_}, session_, data_, state, val,
                      std::move(samples));
  });
  last_save_ = Clock::now();
  return Outcome::finished;
}

bool Trainer::update_best(const std::vector<LoggedValue>& columns) {
  const double value = value_of(columns, monitor_.column);
  const bool first = state_.best_epoch < 0 && !std::isnan(value);
  if (first || monitor_.better(value, state_.best_value)) {
    state_.best_value = value;
    state_.best_epoch = state_.epoch;
    state_.wait = 0;
    console_.info("epoch {}: '{}' reached {:.5f}, saving {}", state_.epoch + 1, monitor_.column,
                  value, run_.best_checkpoint().string());
    return true;
  }
  ++state_.wait;
  if (state_.wait < config_.patience) return false;
  state_.stopped = true;
  if (state_.best_epoch < 0) {
    console_.info("stopped: '{}' had no value in the last {} epochs", monitor_.column, state_.wait);
    return false;
  }
  console_.info("stopped: '{}' did not improve in the last {} epochs; best {:.5f} in epoch {}",
                monitor_.column, state_.wait, state_.best_value, state_.best_epoch + 1);
  return false;
}

CheckpointInfo Trainer::info(std::optional<double> val_loss) const {
  return {.classes = data_.dataset().classes(),
          .image_size = config_.image_size,
          .epoch = state_.epoch,
          .objective = session_.objective(),
          .val_loss = val_loss,
          .pixels = session_.pixels(),
          .pixel_size = data_.dataset().pixel_size()};
}

Metadata Trainer::checkpoint_metadata(std::optional<double> val_loss) const {
  return to_metadata(session_.network().config(), info(val_loss));
}

SavedState Trainer::copy_state() {
  const bool averaged = session_.uses_average();  // while it validates
  session_.use_average(false);
  SavedState saved = copier_.copy(session_);
  session_.use_average(averaged);
  return saved;
}

void Trainer::write_state(const SavedState& saved, const Metadata& metadata) {
  steps_->flush();
  write_safetensors(run_.training_state(), saved.training_state(), metadata);
}

bool Trainer::save_is_due() const {
  const std::chrono::duration<double> age = Clock::now() - last_save_;
  return config_.save_every != 0 && age.count() >= 60 * config_.save_every;
}

void Trainer::save_within_epoch() {
  if (!writes_) return;
  saving_.wait();
  saving_.start(
      [this, copied = copy_state(), metadata = training_metadata(session_, state_)]() mutable {
        SavedState saved = std::move(copied);
        saved.arrange(1);
        if (saved.is_finite()) write_state(saved, metadata);  // else the next step fails
      });
  last_save_ = Clock::now();
}

Trainer::Outcome Trainer::save_interrupted() {
  if (!writes_) return Outcome::interrupted;
  saving_.wait();
  SavedState saved = copy_state();
  saved.arrange(1);
  write_state(saved, training_metadata(session_, state_));
  write_safetensors(run_.last_checkpoint(), saved.last(), checkpoint_metadata(std::nullopt));
  return Outcome::interrupted;
}

}  // namespace fpanet
