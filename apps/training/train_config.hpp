#pragma once

#include <cstdint>
#include <string>

#include "apps/cli/settings.hpp"
#include "apps/training/network_settings.hpp"
#include "apps/training/objective_settings.hpp"
#include "apps/training/optimizer_settings.hpp"
#include "data/image.hpp"

namespace fpanet {

/// Everything that determines what a training run computes. The defaults are the notebook's, except
/// for the protocol. Saved as config.toml in the run folder.
struct TrainConfig {
  std::string data;  ///< folder, list of rasters, or synthetic[:COUNT]
  std::int64_t epochs = 100;
  std::int64_t batch_size = 16;
  ImageSize image_size{320, 320};
  std::string bands = "3";
  std::string scale = "auto";
  std::string show_bands = "auto";
  double lr = 1e-4;
  double weight_decay = 0.01;
  OptimizerSettings optimizer = {};
  ObjectiveSettings objective = {};
  std::int64_t accumulate = 1;       ///< batches per optimizer step
  bool sync = true;                  ///< several ranks have one loss and one batch norm
  std::string reduce = "fp32";       ///< fp32, bf16: of gradients, between GPUs
  std::string monitor = "val/Loss";  ///< a column of metrics.csv
  std::int64_t patience = 10;
  double save_every = 10;  ///< minutes between saved states within an epoch; 0: none within it
  bool log_gradients = false;
  bool tensorboard = false;
  std::int64_t seed = 42;
  NetworkFlags network = {};
  std::string encoder_weights = "none";  ///< file, or none
  std::string init = "none";             ///< file, or none
  std::string split = "notebook";        ///< notebook, or a CSV file
  std::string augment = "notebook";      ///< notebook, none, strong
  std::string sample = "resize";         ///< resize, crop
  bool shuffle = true;
  std::string protocol = "clean";    ///< clean, notebook
  std::string mask_policy = "auto";  ///< auto, or a name of MaskPolicy
  std::string device = "auto";       ///< auto, cpu, cuda, cuda:INDEX
  std::string precision = "fp32";    ///< fp32, tf32, bf16, fp64
  std::int64_t threads = 0;          ///< 0: as many as this process may use
  bool deterministic = false;        ///< the same bits on every run, on a GPU too
  bool cache = true;

  bool operator==(const TrainConfig&) const = default;
};

/// The notebook validates with half the training batch size.
std::int64_t validation_batch_size(std::int64_t batch_size);

/// Whether training sees windows of the images.
inline bool crops(const TrainConfig& config) {
  return config.sample == "crop";
}
/// Throws UsageError if --sample does not go with --image-size or --data.
void check_sample(const TrainConfig& config);

/// Throws UsageError unless `ranks` ranks can share the batches.
void check_ranks(const TrainConfig& config, int ranks);

/// Adds every member of `config` to `settings`, in the order above.
void describe(TrainConfig& config, Settings& settings);

}  // namespace fpanet
