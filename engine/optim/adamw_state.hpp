#pragma once
// The state of AdamW between steps: two moments in the layout of the parameter region, and the
// hyper-parameters that change between steps, in memory that a recorded program reads. If wanted, a
// moving average of the parameters.

#include "engine/core/stream.hpp"
#include "engine/graph/parameters.hpp"

namespace fpanet {

class AdamWState {
 public:
  /// Starts at step 0 with zero moments on the device of `store`.
  AdamWState(const ParameterStore& store, double learning_rate);

  /// Increments the step count and enqueues the new hyper-parameters behind the context's work,
  /// without waiting for it. Call before each run of a program that ends in AdamW.
  void begin_step(const Context& context);
  std::int64_t step() const { return step_; }
  void set_step(std::int64_t step) { step_ = step; }
  double learning_rate() const { return learning_rate_; }
  void set_learning_rate(double learning_rate) { learning_rate_ = learning_rate; }

  /// From now on each step moves an average of the parameters by 1 - decay towards the new ones; the
  /// first step copies them (torch.optim.swa_utils.AveragedModel). Until then it holds those of
  /// `store`, and so it does for parameters that are not trained. Call before a program is recorded.
  void keep_average(const ParameterStore& store, double decay);
  bool keeps_average() const { return average_.defined(); }
  /// The steps that the average has followed.
  std::int64_t averaged_steps() const { return averaged_steps_; }
  void set_averaged_steps(std::int64_t steps) { averaged_steps_ = steps; }

  const Tensor& moment1() const { return moment1_; }  ///< exp_avg, (elements)
  const Tensor& moment2() const { return moment2_; }  ///< exp_avg_sq, (elements)
  const Tensor& average() const { return average_; }  ///< (elements), or undefined
  /// f64 (2): learning rate, step; with an average (3): its weight in this step as well.
  const Tensor& hyper() const { return hyper_; }

 private:
  double learning_rate_;
  double decay_ = 0;
  std::int64_t step_ = 0;
  std::int64_t averaged_steps_ = 0;
  Tensor moment1_;
  Tensor moment2_;
  Tensor average_;
  Tensor hyper_;
  Uplink to_hyper_;
};

}  // namespace fpanet
