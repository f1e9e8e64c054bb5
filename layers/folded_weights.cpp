#include "layers/folded_weights.hpp"

#include <cmath>

#include "engine/core/error.hpp"
#include "engine/core/parallel.hpp"
#include "layers/conv2d_prepared.hpp"

namespace fpanet {
namespace {

using kernels::Conv2dGeometry;

template <class T>
void fold(const Cpu& cpu, const ConvNormParameters& from, const Tensor& weight,
          const Tensor& bias) {
  const NormParameters& norm = *from.norm;
  const Index channels = weight.shape()[0], per_channel = weight.numel() / channels;
  const T* const w = from.weight.tensor().data<T>();
  const T* const b = from.bias ? from.bias->tensor().data<T>() : nullptr;
  const T* const gamma = norm.gamma.tensor().data<T>();
  const T* const beta = norm.beta.tensor().data<T>();
  const T* const mean = norm.running_mean.tensor().data<T>();
  const T* const var = norm.running_var.tensor().data<T>();
  T* const folded_w = weight.data<T>();
  T* const folded_b = bias.data<T>();
  parallel_for(cpu, channels, [&](Index o) {
    const double scale =
        static_cast<double>(gamma[o]) / std::sqrt(static_cast<double>(var[o]) + norm.eps);
    const double offset =
        (b != nullptr ? static_cast<double>(b[o]) : 0.0) - static_cast<double>(mean[o]);
    folded_b[o] = static_cast<T>(static_cast<double>(beta[o]) + scale * offset);
    for (Index i = o * per_channel; i < (o + 1) * per_channel; ++i) {
      folded_w[i] = static_cast<T>(scale * static_cast<double>(w[i]));
    }
  });
}

Conv2dGeometry geometry(const Shape& x, const Shape& w, Conv2dParams p) {
  return {x[0], x[1], x[2], x[3], w[0], w[2], w[3], p.stride, p.padding};
}

}  // namespace

FoldedWeights::Entry& FoldedWeights::entry(const ConvNormParameters& parameters) {
  const std::string& name = parameters.weight.entry().name;
  auto found = entries_.find(name);
  if (found == entries_.end()) {
    require(parameters.norm || parameters.bias, "folded weights: {} has neither norm nor bias",
            name);
    found = entries_.emplace(name, Entry{.parameters = parameters}).first;
    const Tensor weight = parameters.weight.tensor();
    if (parameters.norm) {
      found->second.bias = Tensor::empty({weight.shape()[0]}, weight.dtype(), weight.device());
    }
  }
  return found->second;
}

template <class T>
std::optional<Value> FoldedWeights::prepared(Graph& graph, Entry& entry, const Conv2dGeometry& g) {
  const Cpu& cpu = std::get<Cpu>(graph.context());
  const Index numel = prepare_ ? kernels::conv2d_prepared_numel<T>(cpu, g) : 0;
  if (numel == 0) return std::nullopt;
  const Tensor weight = entry.parameters.weight.tensor();
  const std::string_view implementation =
      conv2d_implementation(cpu, kernels::Conv2dPass::forward, g, weight.dtype());
  const auto [found, is_new] = entry.forms.try_emplace(implementation);
  if (is_new) {
    found->second = {g, Tensor::empty({numel}, weight.dtype(), weight.device())};
    stale_ = true;
  }
  return graph.constant(
      fmt::format("{} (for {})", entry.parameters.weight.entry().name, implementation),
      found->second.weight);
}

Value FoldedWeights::convolve(Value x, const ConvNormParameters& parameters, Conv2dParams params,
                              bool relu, std::optional<Value> residual) {
  Graph& graph = x.graph();
  Entry& made = entry(parameters);
  const std::string& name = parameters.weight.entry().name;
  const Tensor w = parameters.weight.tensor();
  const Value bias = parameters.norm ? graph.constant(name + " (folded bias)", made.bias)
                                     : parameters.bias->in(graph);
  const Conv2dGeometry g = geometry(x.shape(), w.shape(), params);
  const std::optional<Value> weight =
      w.dtype() == DType::f64 ? prepared<double>(graph, made, g) : prepared<float>(graph, made, g);
  if (weight) return conv2d_prepared(g, x, *weight, bias, residual, relu);
  if (!parameters.norm) {
    const Value plain = parameters.weight.in(graph);
    if (!relu && !residual) return conv2d(x, plain, bias, params);
    return conv2d_fused(x, plain, bias, residual, params, relu);
  }
  if (!made.weight.defined()) {
    made.weight = Tensor::empty(w.shape(), w.dtype(), w.device());
    stale_ = true;
  }
  return conv2d_fused(x, graph.constant(name + " (folded)", made.weight), bias, residual, params,
                      relu);
}

std::size_t FoldedWeights::bytes() const {
  std::size_t sum = 0;
  for (const auto& [name, entry] : entries_) {
    for (const Tensor* made : {&entry.weight, &entry.bias}) {
      if (made->defined()) sum += made->bytes();
    }
    for (const auto& [implementation, form] : entry.forms) sum += form.weight.bytes();
  }
  return sum;
}

template <class T>
void FoldedWeights::make(const Cpu& cpu, const Entry& entry) {
  Tensor weight = entry.parameters.weight.tensor();
  if (entry.parameters.norm) {
    const Tensor folded = entry.weight.defined()
                              ? entry.weight
                              : Tensor::empty(weight.shape(), weight.dtype(), weight.device());
    fold<T>(cpu, entry.parameters, folded, entry.bias);
    weight = folded;
  }
  for (const auto& named : entry.forms) {
    const Form& form = named.second;
    kernels::conv2d_prepare<T>(cpu, form.geometry, weight.data<T>(), form.weight.data<T>());
  }
}

void FoldedWeights::refresh(const Cpu& cpu) {
  if (!stale_) return;
  for (const auto& [name, entry] : entries_) {
    if (entry.parameters.weight.tensor().dtype() == DType::f64) {
      make<double>(cpu, entry);
    } else {
      make<float>(cpu, entry);
    }
  }
  stale_ = false;
}

}  // namespace fpanet
