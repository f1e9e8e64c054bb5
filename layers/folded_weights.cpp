#include "layers/folded_weights.hpp"

#include <cmath>

#include "engine/core/parallel.hpp"

namespace fpanet {
namespace {

template <class T>
void fold(const Cpu& cpu, const ConvNormParameters& from, const Tensor& weight,
          const Tensor& bias) {
  const Index channels = weight.shape()[0], per_channel = weight.numel() / channels;
  const T* const w = from.weight.tensor().data<T>();
  const T* const b = from.conv_bias ? from.conv_bias->tensor().data<T>() : nullptr;
  const T* const gamma = from.gamma.tensor().data<T>();
  const T* const beta = from.beta.tensor().data<T>();
  const T* const mean = from.running_mean.tensor().data<T>();
  const T* const var = from.running_var.tensor().data<T>();
  T* const folded_w = weight.data<T>();
  T* const folded_b = bias.data<T>();
  parallel_for(cpu, channels, [&](Index o) {
    const double scale =
        static_cast<double>(gamma[o]) / std::sqrt(static_cast<double>(var[o]) + from.eps);
    const double offset =
        (b != nullptr ? static_cast<double>(b[o]) : 0.0) - static_cast<double>(mean[o]);
    folded_b[o] = static_cast<T>(static_cast<double>(beta[o]) + scale * offset);
    for (Index i = o * per_channel; i < (o + 1) * per_channel; ++i) {
      folded_w[i] = static_cast<T>(scale * static_cast<double>(w[i]));
    }
  });
}

}  // namespace

FoldedWeights::Values FoldedWeights::in(Graph& graph, const ConvNormParameters& parameters) {
  const std::string& name = parameters.weight.entry().name;
  auto found = entries_.find(name);
  if (found == entries_.end()) {
    const Tensor weight = parameters.weight.tensor();
    const Index channels = weight.shape()[0];
    Entry entry{.parameters = parameters,
                .weight = Tensor::empty(weight.shape(), weight.dtype(), weight.device()),
                .bias = Tensor::empty({channels}, weight.dtype(), weight.device())};
    found = entries_.emplace(name, std::move(entry)).first;
    stale_ = true;
  }
  return {graph.constant(name + " (folded)", found->second.weight),
          graph.constant(name + " (folded bias)", found->second.bias)};
}

std::size_t FoldedWeights::bytes() const {
  std::size_t sum = 0;
  for (const auto& [name, entry] : entries_) sum += entry.weight.bytes() + entry.bias.bytes();
  return sum;
}

void FoldedWeights::refresh(const Cpu& cpu) {
  if (!stale_) return;
  for (const auto& [name, entry] : entries_) {
    if (entry.weight.dtype() == DType::f64) {
      fold<double>(cpu, entry.parameters, entry.weight, entry.bias);
    } else {
      fold<float>(cpu, entry.parameters, entry.weight, entry.bias);
    }
  }
  stale_ = false;
}

}  // namespace fpanet
