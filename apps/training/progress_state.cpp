#include "apps/training/progress_state.hpp"

#include <vector>

#include "apps/training/checkpoint.hpp"
#include "apps/training/pixel_metadata.hpp"
#include "apps/training/saved_state.hpp"
#include "engine/core/error.hpp"
#include "engine/weights/safetensors/safetensors.hpp"
#include "models/network_metadata.hpp"

namespace fpanet {

namespace {

constexpr const char* kProgress = "fpanet.progress";
constexpr const char* kTrainedFor = "fpanet.objective";

struct Moment {
  std::string prefix;
  const Tensor& region;
};

std::vector<Moment> moments(const AdamWState& optimizer) {
  std::vector<Moment> all = {{kFirstMoment, optimizer.moment1()},
                             {kSecondMoment, optimizer.moment2()}};
  if (optimizer.keeps_average()) all.push_back({kMovingAverage, optimizer.average()});
  return all;
}

}  // namespace

Metadata training_metadata(ModelSession& session, const ProgressState& state) {
  ProgressState saved = state;
  saved.averaged_steps = session.optimizer()->averaged_steps();
  Metadata metadata{{kProgress, progress_text(saved)}, {kTrainedFor, to_json(state.objective)}};
  write_network(session.network().config(), metadata);
  write_pixels(session.pixels(), metadata);
  return metadata;
}

void save_training_state(const std::filesystem::path& path, ModelSession& session,
                         const ProgressState& state) {
  SavedState saved = StateCopier().copy(session);
  saved.arrange(1);
  write_safetensors(path, saved.training_state(), training_metadata(session, state));
}

ProgressState read_progress(const SafetensorsFile& file, const std::filesystem::path& path) {
  const auto progress = file.metadata.find(kProgress);
  require(progress != file.metadata.end(), "{}: not a training state: metadata {} is missing",
          path.string(), kProgress);
  ProgressState state;
  try {
    state = parse_progress(progress->second);
  } catch (const Error& error) {
    fail("{}: metadata {} cannot be parsed: {}", path.string(), kProgress, error.what());
  }
  if (const auto objective = file.metadata.find(kTrainedFor); objective != file.metadata.end()) {
    state.objective = objective_from_json(objective->second, path.string());
    state.objective.ignore_index = kIgnoreLabel;
  }
  return state;
}

ProgressState load_training_state(const std::filesystem::path& path, ModelSession& session) {
  const SafetensorsFile file = read_safetensors(path);
  ProgressState state = read_progress(file, path);
  try {
    const ParameterStore& store = session.store();
    for (std::size_t i = 0; i < store.entries().size(); ++i) {
      const ParameterEntry& entry = store.entries()[i];
      const StateEntry& value = file.tensors.at(entry.name);
      if (const auto at = value.find_not_finite()) {
        fail("{} is {} at element {}", entry.name, at->value, at->element);
      }
      value.copy_into(store.value(i));
      if (entry.kind != EntryKind::parameter) continue;
      for (const Moment& moment : moments(*session.optimizer())) {
        file.tensors.at(moment.prefix + entry.name).copy_into(store.slot(i, moment.region));
      }
    }
  } catch (const Error& error) {
    fail("{}: cannot be continued from: {}", path.string(), error.what());
  }
  session.optimizer()->set_step(state.global_step);
  session.optimizer()->set_averaged_steps(state.averaged_steps);
  return state;
}

}  // namespace fpanet
