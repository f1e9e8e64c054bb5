#include "models/schedule.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "engine/core/error.hpp"
#include "engine/core/join.hpp"

namespace fpanet {
namespace {

/// From `from` at t = 0 to `to` at t = 1, along half a cosine.
double along_cosine(double from, double to, double t) {
  return to + (from - to) * (1 + std::cos(std::numbers::pi * t)) / 2;
}

double one_cycle(const Schedule& schedule, std::int64_t step) {
  constexpr double kRisingShare = 0.3, kFirst = 25, kLast = 1e4;
  const double first = schedule.lr / kFirst;
  const auto steps = static_cast<double>(schedule.steps), at = static_cast<double>(step);
  const double top = kRisingShare * steps - 1;
  if (at <= top) return along_cosine(first, schedule.lr, at / top);
  return along_cosine(schedule.lr, first / kLast, (at - top) / (steps - 1 - top));
}

}  // namespace

const std::vector<std::string>& schedule_names() {
  static const std::vector<std::string> names = {"constant", "cosine", "poly", "one-cycle"};
  return names;
}

ScheduleKind parse_schedule(const std::string& name) {
  const std::vector<std::string>& names = schedule_names();
  const auto found = std::ranges::find(names, name);
  require(found != names.end(), "schedule: '{}' is unknown; known are {}", name, join(names, ", "));
  return static_cast<ScheduleKind>(found - names.begin());
}

bool depends_on_length(ScheduleKind kind) {
  return kind != ScheduleKind::constant;
}

double learning_rate(const Schedule& schedule, std::int64_t step) {
  const double lr = schedule.lr, lowest = schedule.min_lr;
  if (schedule.kind == ScheduleKind::one_cycle) {
    return one_cycle(schedule, std::min(step, schedule.steps - 1));
  }
  const std::int64_t begin = std::max<std::int64_t>(0, schedule.warmup - 1);
  if (step < begin)
    return lr * static_cast<double>(step + 1) / static_cast<double>(schedule.warmup);
  if (schedule.kind == ScheduleKind::constant) return lr;
  const auto length = static_cast<double>(schedule.steps - begin);
  const double t = std::min(1.0, static_cast<double>(step - begin) / length);
  if (schedule.kind == ScheduleKind::cosine) return along_cosine(lr, lowest, t);
  constexpr double kPower = 0.9;
  return lowest + (lr - lowest) * std::pow(1 - t, kPower);
}

}  // namespace fpanet
