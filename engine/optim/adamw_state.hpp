#pragma once
// What AdamW remembers between steps: two moments in the parameter region's layout, and the numbers
// that change from step to step in memory that a recorded program reads.

#include "engine/core/stream.hpp"
#include "engine/graph/parameters.hpp"

namespace fpanet {

class AdamWState {
 public:
  /// Zero moments beside `store`'s parameters; step 0.
  AdamWState(const ParameterStore& store, double learning_rate);

  /// Call before each run of a program that ends in AdamW: the step count becomes `step() + 1`. In
  /// the order of the context's work, without waiting for it.
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
