#include "layers/folded_weights.hpp"

#include "engine/core/error.hpp"
#include "kernels/fold_batch_norm.hpp"
#include "layers/conv2d_prepared.hpp"
#include "layers/dispatch.hpp"

namespace fpanet {
namespace {

using kernels::Conv2dGeometry;

template <class T>
kernels::ConvNorm<kernels::Real<T>> conv_norm_of(const ConvNormParameters& from) {
  using R = kernels::Real<T>;
  const NormParameters& norm = *from.norm;
  const Tensor weight = from.weight.tensor();
  const Index c_out = weight.shape()[0];
  return {.w = weight.data<R>(),
          .b = from.bias ? from.bias->tensor().data<R>() : nullptr,
          .gamma = norm.gamma.tensor().data<R>(),
          .beta = norm.beta.tensor().data<R>(),
          .mean = norm.running_mean.tensor().data<R>(),
          .var = norm.running_var.tensor().data<R>(),
          .eps = norm.eps,
          .c_out = c_out,
          .weights_per_channel = weight.numel() / c_out};
}

}  // namespace

FoldedWeights::Entry& FoldedWeights::entry(const ConvNormParameters& parameters, DType dtype) {
  const std::string& name = parameters.weight.entry().name;
  auto found = entries_.find({name, dtype});
  if (found == entries_.end()) {
    require(parameters.norm || parameters.bias, "folded weights: {} has neither norm nor bias",
            name);
    found = entries_.emplace(std::pair(name, dtype), Entry{.parameters = parameters}).first;
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
  const DType dtype = x.dtype();
  Entry& made = entry(parameters, dtype);
  const std::string& name = parameters.weight.entry().name;
  const Tensor w = parameters.weight.tensor();
  const Value bias = parameters.norm ? graph.constant(name + " (folded bias)", made.bias)
                                     : parameters.bias->in(graph);
  if (std::holds_alternative<Cpu>(graph.context()) && w.dtype() == dtype) {
    const Conv2dGeometry g = conv2d_geometry(x.shape(), w.shape(), params);
    const std::optional<Value> weight =
        dtype == DType::f64 ? prepared<double>(graph, made, g) : prepared<float>(graph, made, g);
    if (weight) return conv2d_prepared(g, x, *weight, bias, residual, relu);
  }
  if (!parameters.norm) {
    const Value plain = parameters.weight.in(graph, dtype);
    if (!relu && !residual) return conv2d(x, plain, bias, params);
    return conv2d_fused(x, plain, bias, residual, params, relu);
  }
  if (!made.weight.defined()) {
    made.weight = Tensor::empty(w.shape(), dtype, w.device());
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

template <class T, class D>
void FoldedWeights::make(const D& device, const Entry& entry) {
  Tensor weight = entry.parameters.weight.tensor();
  if (entry.parameters.norm) {
    const Tensor folded = entry.weight.defined()
                              ? entry.weight
                              : Tensor::empty(weight.shape(), weight.dtype(), weight.device());
    kernels::fold_batch_norm<T>(device, conv_norm_of<T>(entry.parameters), folded.data<T>(),
                                entry.bias.data<kernels::Real<T>>());
    weight = folded;
  }
  if constexpr (std::is_same_v<D, Cpu>) {
    for (const auto& named : entry.forms) {
      const Form& form = named.second;
      kernels::conv2d_prepare<T>(device, form.geometry, weight.data<T>(), form.weight.data<T>());
    }
  }
}

void FoldedWeights::refresh(const Context& context) {
  if (!stale_) return;
  for (const auto& [key, entry] : entries_) {
    dispatch("folded weights", context, key.second,
             [&]<class T>(const auto& device, Type<T>) { make<T>(device, entry); });
  }
  stale_ = false;
}

}  // namespace fpanet
