#include "apps/training/optimizer_settings.hpp"

#include <cmath>

#include "apps/cli/python_repr.hpp"
#include "apps/cli/usage_error.hpp"
#include "engine/core/parse_number.hpp"

namespace fpanet {
namespace {

constexpr const char* kOff = "off";
constexpr std::int64_t kMostSteps = 1'000'000'000;
constexpr std::int64_t kMostFrozenEpochs = 1'000'000;

std::optional<double> number_or_off(const std::string& text) {
  return text == kOff ? std::nullopt : parse_number<double>(text);
}

bool is_decay(const std::string& text) {
  const auto decay = number_or_off(text);
  return text == kOff || (decay && *decay >= 0 && *decay < 1);
}

bool is_norm(const std::string& text) {
  const auto norm = number_or_off(text);
  return text == kOff || (norm && *norm > 0 && std::isfinite(*norm));
}

void add_number_or_off(Settings& settings, std::string name, std::string placeholder,
                       std::string* value, std::string accepted, std::string help,
                       bool (*fits)(const std::string&)) {
  settings.add({.name = std::move(name),
                .placeholder = std::move(placeholder),
                .accepted = std::move(accepted),
                .help = std::move(help),
                .kind = Setting::Kind::text_or_real,
                .assign =
                    [value, fits](const std::string& text) {
                      *value = text;
                      if (const auto number = parse_number<double>(text)) {
                        *value = python_repr(*number);  // a form that TOML takes, too
                      }
                      return fits(text);
                    },
                .str = [value] { return *value; }});
}

}  // namespace

std::optional<double> OptimizerSettings::ema_decay() const {
  return number_or_off(ema);
}

std::optional<double> OptimizerSettings::largest_norm() const {
  return number_or_off(clip_norm);
}

void describe(OptimizerSettings& optimizer, Settings& settings) {
  settings.choice("schedule", &optimizer.schedule, schedule_names(),
                  "How the learning rate changes from step to step; all but\n"
                  "constant depend on --epochs");
  settings.integer("warmup", &optimizer.warmup, 0, kMostSteps,
                   "Steps in which the learning rate rises to --lr; one-cycle\n"
                   "has its own");
  settings.real("min-lr", &optimizer.min_lr, 0, "Learning rate at the end of cosine and poly");
  settings.real("encoder-lr", &optimizer.encoder_lr, 0,
                "Factor of the learning rate of the encoder");
  settings.integer("freeze-encoder", &optimizer.freeze_encoder, 0, kMostFrozenEpochs,
                   "Epochs in which the encoder stays as it is, its batch norm\n"
                   "included");
  add_number_or_off(settings, "ema", "off|DECAY", &optimizer.ema,
                    "off, or a number from 0 to below 1",
                    "Decay of a moving average of the weights, which is validated\n"
                    "and becomes the best checkpoint: 0.999",
                    is_decay);
  add_number_or_off(settings, "clip-norm", "off|X", &optimizer.clip_norm,
                    "off, or a number above 0",
                    "Largest norm of all gradients of a step, which are scaled\n"
                    "down to it",
                    is_norm);
}

void check(const OptimizerSettings& optimizer, double lr) {
  const ScheduleKind kind = parse_schedule(optimizer.schedule);
  if (kind == ScheduleKind::one_cycle && optimizer.warmup > 0) {
    usage_fail("--warmup {}: --schedule one-cycle rises by itself and takes no warm-up",
               optimizer.warmup);
  }
  if (optimizer.min_lr == 0) return;
  const std::string lowest = python_repr(optimizer.min_lr);
  if (kind != ScheduleKind::cosine && kind != ScheduleKind::poly) {
    usage_fail("--min-lr {}: only --schedule cosine and poly take it, and --schedule is {}", lowest,
               optimizer.schedule);
  }
  if (optimizer.min_lr > lr) {
    usage_fail("--min-lr {}: above --lr {}: accepted is a number from 0 to --lr", lowest,
               python_repr(lr));
  }
}

Schedule schedule_of(const OptimizerSettings& optimizer, double lr, std::int64_t steps) {
  const Schedule schedule{.kind = parse_schedule(optimizer.schedule),
                          .lr = lr,
                          .steps = steps,
                          .warmup = optimizer.warmup,
                          .min_lr = optimizer.min_lr};
  if (depends_on_length(schedule.kind) && schedule.warmup > steps) {
    usage_fail(
        "--warmup {}: --schedule {} has {} steps in all: accepted is a number from 0 to that; "
        "more --epochs have more steps",
        schedule.warmup, optimizer.schedule, steps);
  }
  return schedule;
}

}  // namespace fpanet
