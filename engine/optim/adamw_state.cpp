#include "engine/optim/adamw_state.hpp"

#include <array>

namespace fpanet {

AdamWState::AdamWState(const ParameterStore& store, double learning_rate)
    : learning_rate_(learning_rate),
      moment1_(Tensor::zeros(store.values().shape(), store.dtype(), store.device())),
      moment2_(Tensor::zeros(store.values().shape(), store.dtype(), store.device())),
      hyper_(Tensor::zeros({2}, DType::f64, store.device())) {}

void AdamWState::begin_step() {
  ++step_;
  const std::array<double, 2> hyper = {learning_rate_, static_cast<double>(step_)};
  copy_bytes(hyper_.raw(), hyper_.device(), hyper.data(), Device::cpu(), sizeof(hyper));
}

}  // namespace fpanet
