#include "engine/optim/adamw_state.hpp"

#include <array>

namespace fpanet {

AdamWState::AdamWState(const ParameterStore& store, double learning_rate)
    : learning_rate_(learning_rate),
      moment1_(Tensor::zeros(store.values().shape(), store.dtype(), store.device())),
      moment2_(Tensor::zeros(store.values().shape(), store.dtype(), store.device())),
      hyper_(Tensor::zeros({2}, DType::f64, store.device())),
      to_hyper_(hyper_) {}

void AdamWState::begin_step(const Context& context) {
  ++step_;
  const std::array<double, 2> hyper = {learning_rate_, static_cast<double>(step_)};
  to_hyper_.send(context, std::as_bytes(std::span(hyper)));
}

}  // namespace fpanet
