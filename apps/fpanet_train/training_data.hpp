#pragma once
// The data of a training run: scenes, split and loaders, all checked before training starts.

#include "apps/training/class_check.hpp"
#include "apps/training/model_session.hpp"
#include "apps/training/together.hpp"
#include "apps/training/train_config.hpp"
#include "data/loader.hpp"
#include "data/split.hpp"

namespace fpanet {

struct TrainingData {
  std::shared_ptr<SceneStore> store;
  Split pictures;  ///< which the run's split.csv lists
  Split split;     ///< their scenes
  std::unique_ptr<Loader> train, val;
  PixelFormat pixels;

  const Dataset& dataset() const { return store->dataset(); }
};

/// The pixels of a run that is resumed.
struct TrainedPixels {
  std::optional<PixelFormat> format = std::nullopt;
  std::optional<double> pixel_size = std::nullopt;  ///< in metres; of rasters
};

/// The schedule of a run on these data. Throws UsageError if the run is too short for it.
Schedule schedule_of(const TrainConfig& config, const TrainingData& data);

/// Opens --data, splits it and reads the training and validation scenes once. Throws one Error that
/// lists every bad file, of test scenes as well if there is any. A `split_file` that is not empty
/// overrides --split, and `resumed` pixels override --scale, so that a resumed run keeps its split, its
/// scale and its pixel size. `model` is the file or run that the weights come from, if any: labels are in
/// the order of its classes (fit_classes), unless the run begins_anew. The loaders give each rank its
/// parts of the batches.
TrainingData open_training_data(const TrainConfig& config, const NetworkConfig& network,
                                const TrainedPixels& resumed, const std::string& split_file,
                                const std::optional<ModelClasses>& model,
                                const Placement& placement, const Communicator& ranks,
                                Console& console);

/// Each scene to train and to validate on, and the checksum of what it is read as.
std::vector<NamedValue> scene_checksums(const TrainingData& data);

}  // namespace fpanet
