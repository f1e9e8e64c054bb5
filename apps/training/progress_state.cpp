#include "apps/training/progress_state.hpp"

#include <array>
#include <nlohmann/json.hpp>

#include "apps/training/checkpoint.hpp"
#include "apps/training/pixel_metadata.hpp"
#include "engine/core/error.hpp"
#include "engine/weights/safetensors/safetensors.hpp"
#include "models/model_file.hpp"
#include "models/network_metadata.hpp"

namespace fpanet {

namespace {

constexpr const char* kProgress = "fpanet.progress";

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
  // Before the first validation the best loss is infinite, which JSON cannot represent.
  if (state.best_epoch >= 0) json["best_loss"] = state.best_loss;
  return json;
}

ProgressState from_json(const Json& json) {
  ProgressState state;
  state.epoch = json.at("epoch");
  state.batch = json.at("batch");
  state.global_step = json.at("global_step");
  state.wait = json.at("wait");
  state.stopped = json.at("stopped");
  state.best_epoch = json.at("best_epoch");
  if (json.contains("best_loss")) state.best_loss = json.at("best_loss");
  std::size_t i = 0;
  for (EpochMean* mean : means(state.train)) {
    const Json& row = json.at("train").at(i++);
    *mean = {.sum = row.at(0), .count = row.at(1)};
  }
  return state;
}

struct Moment {
  std::string prefix;
  const Tensor& region;
};

std::array<Moment, 2> moments(const AdamWState& optimizer) {
  return {Moment{kFirstMoment, optimizer.moment1()}, Moment{kSecondMoment, optimizer.moment2()}};
}

}  // namespace

void ProgressState::begin_epoch(std::int64_t next) {
  epoch = next;
  batch = 0;
  train = {};
}

void save_training_state(const std::filesystem::path& path, ModelSession& session,
                         const ProgressState& state) {
  const ParameterStore& store = session.store();
  StateDict tensors = to_state_dict(store);
  for (const Moment& moment : moments(*session.optimizer())) {
    for (std::size_t i = 0; i < store.entries().size(); ++i) {
      if (store.entries()[i].kind != EntryKind::parameter) continue;
      tensors.add(moment.prefix + store.entries()[i].name,
                  StateEntry::from_tensor(store.slot(i, moment.region)));
    }
  }
  Metadata metadata{{kProgress, to_json(state).dump()}};
  write_network(session.network().config(), metadata);
  write_pixels(session.pixels(), metadata);
  write_safetensors(path, tensors, metadata);
}

ProgressState read_progress(const SafetensorsFile& file, const std::filesystem::path& path) {
  const auto progress = file.metadata.find(kProgress);
  require(progress != file.metadata.end(), "{}: not a training state: metadata {} is missing",
          path.string(), kProgress);
  try {
    return from_json(Json::parse(progress->second));
  } catch (const Json::exception& error) {
    fail("{}: metadata {} cannot be parsed: {}", path.string(), kProgress, error.what());
  }
}

ProgressState load_training_state(const std::filesystem::path& path, ModelSession& session) {
  const SafetensorsFile file = read_safetensors(path);
  ProgressState state = read_progress(file, path);
  try {
    const ParameterStore& store = session.store();
    for (std::size_t i = 0; i < store.entries().size(); ++i) {
      const ParameterEntry& entry = store.entries()[i];
      file.tensors.at(entry.name).copy_into(store.value(i));
      if (entry.kind != EntryKind::parameter) continue;
      for (const Moment& moment : moments(*session.optimizer())) {
        file.tensors.at(moment.prefix + entry.name).copy_into(store.slot(i, moment.region));
      }
    }
  } catch (const Error& error) {
    fail("{}: does not fit the model: {}", path.string(), error.what());
  }
  session.optimizer()->set_step(state.global_step);
  return state;
}

}  // namespace fpanet
