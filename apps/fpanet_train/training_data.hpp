#pragma once
// The data of a training run: scenes, split and loaders, all checked before training starts.

#include "apps/training/class_check.hpp"
#include "apps/training/model_session.hpp"
#include "apps/training/train_config.hpp"
#include "data/loader.hpp"
#include "data/split.hpp"

namespace fpanet {

struct TrainingData {
  std::shared_ptr<SceneStore> store;
  Split split;
  std::unique_ptr<Loader> train, val;
  PixelFormat pixels;

  const Dataset& dataset() const { return store->dataset(); }
};

/// The schedule of a run on these data. Throws UsageError if the run is too short for it.
Schedule schedule_of(const TrainConfig& config, const TrainingData& data);

/// Opens --data, splits it and reads the training and validation scenes once. Throws one Error that
/// lists every bad file, of test scenes as well if there is any. A `split_file` that is not empty
/// overrides --split, and `resumed` pixels override --scale, so that a resumed run keeps its split and
/// its scale. `model` is the file or run that the weights come from, if any: labels are in the order
/// of its classes (fit_classes), unless the run begins_anew.
TrainingData open_training_data(const TrainConfig& config, const NetworkConfig& network,
                                const std::optional<PixelFormat>& resumed,
                                const std::string& split_file,
                                const std::optional<ModelClasses>& model,
                                const Placement& placement, Console& console);

}  // namespace fpanet
