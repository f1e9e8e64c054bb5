#include <array>
#include <nlohmann/json.hpp>
#include <string_view>

#include "apps/training/progress_state.hpp"
#include "engine/core/error.hpp"

namespace fpanet {

namespace {

using Json = nlohmann::json;

/// The six means of an epoch, in a fixed order.
std::array<EpochMean*, 6> means(EpochMetrics& metrics) {
  return {&metrics.loss,      &metrics.iou,    &metrics.accuracy,
          &metrics.precision, &metrics.recall, &metrics.f1};
}

Json to_json(ProgressState state) {
  Json train = Json::array();
  for (const EpochMean* mean : means(state.train)) train.push_back({mean->sum, mean->count});
  Json json = {
      {"epoch", state.epoch}, {"batch", state.batch},     {"global_step", state.global_step},
      {"wait", state.wait},   {"stopped", state.stopped}, {"best_epoch", state.best_epoch},
      {"train", train}};
  // Before the first validation there is no best value.
  if (state.best_epoch >= 0) json["best_value"] = state.best_value;
  // Most runs have neither.
  if (state.frozen_steps > 0) json["frozen_steps"] = state.frozen_steps;
  if (state.averaged_steps > 0) json["averaged_steps"] = state.averaged_steps;
  return json;
}

/// A whole number from `smallest` to 2^53. Anything else could overflow where it is counted on.
std::int64_t count(const Json& json, std::string_view what, std::int64_t smallest = 0) {
  constexpr std::int64_t kLargest = std::int64_t{1} << 53;
  const bool whole = json.is_number_integer() && json <= kLargest && json >= smallest;
  require(whole, "{} is {}, expected a whole number from {}", what,
          json.dump(-1, ' ', false, Json::error_handler_t::replace).substr(0, 100), smallest);
  return json.get<std::int64_t>();
}

ProgressState from_json(const Json& json) {
  ProgressState state;
  const auto member = [&](const char* name, std::int64_t smallest = 0) {
    return count(json.at(name), name, smallest);
  };
  state.epoch = member("epoch");
  state.batch = member("batch");
  state.global_step = member("global_step");
  state.wait = member("wait");
  state.stopped = json.at("stopped");
  state.best_epoch = member("best_epoch", -1);
  require(state.best_epoch <= state.epoch, "best_epoch {} is after epoch {}", state.best_epoch,
          state.epoch);
  for (const char* name : {"best_loss", "best_value"}) {  // the former if only losses are monitored
    if (json.contains(name)) state.best_value = json.at(name);
  }
  if (json.contains("frozen_steps")) state.frozen_steps = member("frozen_steps");
  if (json.contains("averaged_steps")) state.averaged_steps = member("averaged_steps");
  for (const std::int64_t part : {state.frozen_steps, state.averaged_steps}) {
    require(part <= state.global_step, "a part of the steps, {}, is more than global_step {}", part,
            state.global_step);
  }
  std::size_t i = 0;
  for (EpochMean* mean : means(state.train)) {
    const Json& row = json.at("train").at(i++);
    *mean = {.sum = row.at(0), .count = count(row.at(1), "the count of a mean")};
  }
  return state;
}

}  // namespace

void ProgressState::begin_epoch(std::int64_t next) {
  epoch = next;
  batch = 0;
  train = {};
}

std::string progress_text(const ProgressState& state) {
  return to_json(state).dump();
}

ProgressState parse_progress(std::string_view text) {
  constexpr std::size_t kMostBytes = 64 << 10;  // 1 KB is usual
  require(text.size() <= kMostBytes, "{} bytes, more than {}", text.size(), kMostBytes);
  try {
    return from_json(Json::parse(text));
  } catch (const Json::exception& error) {
    fail("{}", error.what());
  }
}

}  // namespace fpanet
