#pragma once
// The contents of a Lightning checkpoint other than the weights: the state that is needed to
// continue the training run.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/weights/state_dict.hpp"

namespace fpanet {

/// AdamW's state for one parameter.
struct AdamMoments {
  std::int64_t step = 0;           ///< updates made so far
  StateEntry exp_avg, exp_avg_sq;  ///< have the shape of the parameter
};

struct OptimizerState {
  double lr = 1e-4, beta1 = 0.9, beta2 = 0.999, eps = 1e-8, weight_decay = 0.01;
  bool amsgrad = false, maximize = false;
  bool decoupled_weight_decay = true;  ///< false: Adam, whose decay is a part of the gradient
  std::int64_t parameters = 0;  ///< the number of parameters, including those without moments
  /// By position in named_parameters() order; a parameter that never got a gradient has no moments.
  std::map<std::int64_t, AdamMoments> moments = {};
};

/// What a callback watches: "val/Loss", "min". Both are empty if the file does not say.
struct MonitorState {
  std::string monitor = "val/Loss", mode = "min";
  bool operator==(const MonitorState&) const = default;
};

struct EarlyStoppingState {
  std::int64_t wait_count = 0, stopped_epoch = 0, patience = 10;
  double best_score = 0.0;
  MonitorState watched = {};
};

struct ModelCheckpointState {
  double best_score = 0.0, current_score = 0.0;
  std::string best_path, folder;
  MonitorState watched = {};
};

struct TrainingState {
  std::int64_t epochs_done = 0;  ///< finished epochs, which is the number of the next one, from 0
  std::int64_t global_step = 0;  ///< optimizer steps
  std::int64_t train_batches = 0, validation_batches = 0;  ///< per epoch; 0 if unknown
  std::int64_t batches_into_epoch = 0;  ///< batches already trained in the unfinished epoch
  std::int64_t lr_schedulers = 0;       ///< number of learning-rate schedulers
  std::string lightning_version = {};
  std::optional<OptimizerState> optimizer = {};
  std::optional<EarlyStoppingState> early_stopping = {};
  std::optional<ModelCheckpointState> model_checkpoint = {};
  std::vector<std::string> left_aside = {};  ///< what of the file is not used, for messages
};

}  // namespace fpanet
