#pragma once
// What a Lightning checkpoint holds beside the weights: enough to go on with the training run.

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "engine/weights/state_dict.hpp"

namespace fpanet {

/// AdamW's memory of one parameter.
struct AdamMoments {
  std::int64_t step = 0;           ///< updates made so far
  StateEntry exp_avg, exp_avg_sq;  ///< of the parameter's shape
};

struct OptimizerState {
  double lr = 1e-4, beta1 = 0.9, beta2 = 0.999, eps = 1e-8, weight_decay = 0.01;
  bool amsgrad = false;
  std::int64_t parameters = 0;  ///< how many the optimizer has, those without moments included
  /// By position in named_parameters() order; a parameter that never got a gradient has none.
  std::map<std::int64_t, AdamMoments> moments = {};
};

struct EarlyStoppingState {
  std::int64_t wait_count = 0, stopped_epoch = 0, patience = 10;
  double best_score = 0.0;
};

struct ModelCheckpointState {
  double best_score = 0.0, current_score = 0.0;
  std::string best_path, folder;
};

struct TrainingState {
  std::int64_t epochs_done = 0;  ///< whole epochs trained: the next one's number, from 0
  std::int64_t global_step = 0;  ///< optimizer steps
  std::int64_t train_batches = 0, validation_batches = 0;  ///< of an epoch; 0 if unknown
  std::int64_t batches_into_epoch = 0;  ///< trained of the next epoch; 0 at the end of one
  std::int64_t lr_schedulers = 0;       ///< that change the learning rate as training goes on
  std::string lightning_version = {};
  std::optional<OptimizerState> optimizer = {};
  std::optional<EarlyStoppingState> early_stopping = {};
  std::optional<ModelCheckpointState> model_checkpoint = {};
};

}  // namespace fpanet
