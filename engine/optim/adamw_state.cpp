#include "engine/optim/adamw_state.hpp"

#include <array>

namespace fpanet {

AdamWState::AdamWState(const ParameterStore& store, double learning_rate)
    : learning_rate_(learning_rate),
      moment1_(Tensor::zeros(store.values().shape(), store.dtype(), store.device())),
      moment2_(Tensor::zeros(store.values().shape(), store.dtype(), store.device())),
      hyper_(Tensor::zeros({2}, DType::f64, store.device())),
      to_hyper_(hyper_) {}

void AdamWState::keep_average(const ParameterStore& store, double decay) {
  decay_ = decay;
  average_ = store.values().clone();
  hyper_ = Tensor::zeros({3}, DType::f64, store.device());
  to_hyper_ = Uplink(hyper_);
}

void AdamWState::begin_step(const Context& context) {
  ++step_;
  const double weight = averaged_steps_ == 0 ? 1 : 1 - decay_;
  const std::array<double, 3> hyper = {learning_rate_, static_cast<double>(step_), weight};
  if (keeps_average()) ++averaged_steps_;
  const auto count = static_cast<std::size_t>(hyper_.numel());
  to_hyper_.send(context, std::as_bytes(std::span(hyper).first(count)));
}

}  // namespace fpanet
