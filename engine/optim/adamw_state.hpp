#pragma once
// The state of AdamW between steps: two moments in the layout of the parameter region, and the
// hyper-parameters that change between steps, in memory that a recorded program reads.

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

  const Tensor& moment1() const { return moment1_; }  ///< exp_avg, (elements)
  const Tensor& moment2() const { return moment2_; }  ///< exp_avg_sq, (elements)
  const Tensor& hyper() const { return hyper_; }      ///< f64 (2): learning rate, step

 private:
  double learning_rate_;
  std::int64_t step_ = 0;
  Tensor moment1_;
  Tensor moment2_;
  Tensor hyper_;
  Uplink to_hyper_;
};

}  // namespace fpanet
