#pragma once
// The data side of a training run: scenes, split and loaders, checked before anything is trained.

#include "apps/training/model_session.hpp"
#include "apps/training/train_config.hpp"
#include "data/loader.hpp"
#include "data/split.hpp"

namespace fpanet {

struct TrainingData {
  std::shared_ptr<SceneStore> store;
  Split split;
  std::unique_ptr<Loader> train, val;

  const Dataset& dataset() const { return store->dataset(); }
};

/// Opens --data, splits it and reads every scene once. Throws one Error that lists every bad file.
/// `split_file` overrides --split: a resumed run keeps its own split.
TrainingData open_training_data(const TrainConfig& config, const std::string& split_file,
                                const Placement& placement, Console& console);

}  // namespace fpanet
