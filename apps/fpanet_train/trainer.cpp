#include "apps/fpanet_train/trainer.hpp"

#include <chrono>
#include <cmath>

#include "apps/cli/interrupt.hpp"
#include "apps/cli/progress.hpp"
#include "apps/training/checkpoint.hpp"
#include "engine/core/error.hpp"

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

}  // namespace

Trainer::Trainer(const TrainConfig& config, const RunFolder& run, ModelSession& session,
                 TrainingData& data, Console& console, ProgressState state)
    : config_(config),
      run_(run),
      session_(session),
      data_(data),
      resident_(make_resident(session.placement().context, *data.store, data.split.train,
                              config.image_size.native(), session.pixels().scale, console)),
      feed_(*data.train, session.placement().context, resident_.get()),
      wait_(session.placement().context),
      console_(console),
      state_(std::move(state)),
      metrics_(run.metrics(), state_.epoch),
      steps_(run.path() / "steps.csv", state_.global_step) {}

Trainer::Outcome Trainer::run() {
  const InterruptGuard guard;
  while (state_.epoch < config_.epochs && !state_.stopped) {
    if (train_epoch() == Outcome::interrupted || finish_epoch() == Outcome::interrupted) {
      return save_interrupted();
    }
  }
  return Outcome::finished;
}

Program& Trainer::train_program(const BatchFeed::Item& item) {
  const ProgramOptions options{.kind = ProgramKind::train,
                               .batch = item.images,
                               .height = item.height,
                               .width = item.width,
                               .image_dtype = session_.pixels().type,
                               .scale = session_.pixels().scale,
                               .source = item.source,
                               .loss = dice_options(),
                               .adamw = {.weight_decay = config_.weight_decay}};
  const bool known = session_.has_program(options);
  Program& program = session_.program(options);
  if (!known) wait_.forget();
  return program;
}

void Trainer::step(const BatchFeed::Item& item) {
  Program& program = train_program(item);
  feed_.fill(program);
  wait_.batch_ready();
  program.run();
  wait_.step_started();
  const PendingStep started{
      .outcome = &program.read_back(), .epoch = state_.epoch, .global_step = state_.global_step};
  settle();
  pending_ = started;
  ++state_.batch;
  ++state_.global_step;
}

void Trainer::settle() {
  if (!pending_) return;
  const PendingStep step = *pending_;
  pending_.reset();
  const double loss = step.outcome->loss();
  wait_.step_done();
  require_finite("loss", loss, step.epoch, step.global_step);
  state_.train.add(loss, stats_of(step.outcome->confusion()));
  steps_.add(step.epoch, step.global_step, loss);
}

void Trainer::require_finite(std::string_view what, double value, std::int64_t epoch,
                             std::int64_t step) const {
  if (std::isfinite(value)) return;
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
  wait_.begin_epoch();
  feed_.start(state_.epoch, state_.batch);
  while (const auto item = feed_.next()) {
    step(*item);
    epoch_images_ += item->images;
    const EpochMean& loss = state_.train.loss;
    progress.step(item->images, loss.count > 0 ? std::optional(loss.value()) : std::nullopt);
    if (InterruptGuard::requested()) {
      settle();
      return Outcome::interrupted;
    }
  }
  settle();
  epoch_seconds_ = std::chrono::duration<double>(Clock::now() - start).count();
  return Outcome::finished;
}

Trainer::Outcome Trainer::finish_epoch() {
  Progress progress(console_, fmt::format("epoch {}/{} val", state_.epoch + 1, config_.epochs),
                    data_.val->batches());
  const Tally val = evaluate(session_, *data_.val, [&](const Batch& batch, const Program&) {
    progress.step(batch.size());
    return !InterruptGuard::requested();
  });
  if (InterruptGuard::requested()) return Outcome::interrupted;
  const double val_loss = val.metrics().loss.value();
  const std::int64_t epoch = state_.epoch;
  require_finite("validation loss", val_loss, epoch, state_.global_step);

  const std::optional<Index> unknown = data_.dataset().classes().find("unknown");
  // A run that is resumed after an interrupted validation has trained nothing in this epoch.
  const double images_per_second =
      epoch_images_ > 0 ? static_cast<double>(epoch_images_) / epoch_seconds_ : 0;
  std::vector<LoggedValue> row = notebook_values("val", val.metrics());
  row.push_back({"val/PixelAccuracy", val.confusion().pixel_accuracy()});
  row.push_back({"val/MeanIoU", val.confusion().mean_iou()});
  row.push_back({"val/MeanIoUKnown", val.confusion().mean_iou(unknown)});
  metrics_.log(row, epoch, state_.global_step - 1);
  row = notebook_values("train", state_.train);
  row.push_back({"lr", session_.optimizer()->learning_rate()});
  row.push_back({"train/Seconds", epoch_seconds_});
  row.push_back({"train/ImagesPerSecond", images_per_second});
  row.push_back({"train/WaitSeconds", wait_.seconds()});
  metrics_.log(row, epoch, state_.global_step - 1);
  console_.info(
      "epoch {}/{}: train loss {:.5f}, val loss {:.5f}, val pixel accuracy {:.4f}, val mean IoU "
      "{:.4f}, {:.1f} images/s, waited {:.1f} % for data",
      epoch + 1, config_.epochs, state_.train.loss.value(), val_loss,
      val.confusion().pixel_accuracy(), val.confusion().mean_iou(unknown), images_per_second,
      100 * wait_.seconds() / epoch_seconds_);

  update_best(val_loss);
  save_model(run_.last_checkpoint(), session_.store(), session_.network().config(), info(val_loss));
  state_.begin_epoch(epoch + 1);
  save_state();
  return Outcome::finished;
}

void Trainer::update_best(double val_loss) {
  // Lightning's rule for both early stopping and the checkpoint: strictly smaller is better.
  if (val_loss < state_.best_loss) {
    state_.best_loss = val_loss;
    state_.best_epoch = state_.epoch;
    state_.wait = 0;
    save_model(run_.best_checkpoint(), session_.store(), session_.network().config(),
               info(val_loss));
    console_.info("epoch {}: 'val/Loss' reached {:.5f}, saved to {}", state_.epoch + 1, val_loss,
                  run_.best_checkpoint().string());
    return;
  }
  ++state_.wait;
  if (state_.wait < config_.patience) return;
  state_.stopped = true;
  console_.info(
      "stopped: 'val/Loss' did not improve in the last {} epochs; best {:.5f} in epoch {}",
      state_.wait, state_.best_loss, state_.best_epoch + 1);
}

CheckpointInfo Trainer::info(std::optional<double> val_loss) const {
  return {.classes = data_.dataset().classes(),
          .image_size = config_.image_size,
          .epoch = state_.epoch,
          .val_loss = val_loss,
          .pixels = session_.pixels()};
}

void Trainer::save_state() {
  save_training_state(run_.training_state(), session_, state_);
}

Trainer::Outcome Trainer::save_interrupted() {
  save_state();
  save_model(run_.last_checkpoint(), session_.store(), session_.network().config(),
             info(std::nullopt));
  return Outcome::interrupted;
}

}  // namespace fpanet
