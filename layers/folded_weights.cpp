#include "layers/folded_weights.hpp"

#include "engine/core/error.hpp"
#include "kernels/fold_batch_norm.hpp"
#include "layers/conv2d_prepared.hpp"
#include "layers/conv2d_upsampled.hpp"
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

Value FoldedWeights::form(Graph& graph, Entry& entry, std::string_view implementation, Form made,
                          Index numel, DType dtype) {
  const auto [found, is_new] = entry.forms.try_emplace(implementation, std::move(made));
  if (is_new) {
    const Tensor weight = entry.parameters.weight.tensor();
    found->second.weight = Tensor::empty({numel}, dtype, weight.device());
    stale_ = true;
  }
  return graph.constant(
      fmt::format("{} (for {})", entry.parameters.weight.entry().name, implementation),
      found->second.weight);
}

std::optional<Value> FoldedWeights::prepared(Graph& graph, Entry& entry, const Conv2dGeometry& g,
                                             DType dtype) {
  const Cpu* const cpu = std::get_if<Cpu>(&graph.context());
  if (!prepare_ || cpu == nullptr) return std::nullopt;
  const Index numel = dispatch("folded weights", *cpu, dtype, [&]<class T>(const Cpu&, Type<T>) {
    return kernels::conv2d_prepared_numel<T>(*cpu, g);
  });
  return form(graph, entry, conv2d_prepared_implementation(*cpu, g, dtype), {g, {}}, numel, dtype);
}

Value FoldedWeights::folded(Graph& graph, Entry& entry, DType dtype) {
  const Parameter& parameter = entry.parameters.weight;
  if (!entry.parameters.norm) return parameter.in(graph, dtype);
  if (!entry.weight.defined()) {
    const Tensor w = parameter.tensor();
    entry.weight = Tensor::empty(w.shape(), dtype, w.device());
    stale_ = true;
  }
  return graph.constant(parameter.entry().name + " (folded)", entry.weight);
}

Value FoldedWeights::folded_bias(Graph& graph, const Entry& entry) {
  const ConvNormParameters& parameters = entry.parameters;
  if (!parameters.norm) return parameters.bias->in(graph);
  return graph.constant(parameters.weight.entry().name + " (folded bias)", entry.bias);
}

Value FoldedWeights::convolve(Value x, const ConvNormParameters& parameters, Conv2dParams params,
                              bool relu, std::optional<Value> residual) {
  Graph& graph = x.graph();
  const DType dtype = x.dtype();
  Entry& made = entry(parameters, dtype);
  const Tensor w = parameters.weight.tensor();
  const Value bias = folded_bias(graph, made);
  const Conv2dGeometry g = conv2d_geometry(x.shape(), w.shape(), params);
  if (const std::optional<Value> form = prepared(graph, made, g, dtype)) {
    return conv2d_prepared(g, x, *form, bias, residual, relu);
  }
  const Value weight = folded(graph, made, dtype);
  if (!parameters.norm && !relu && !residual) return conv2d(x, weight, bias, params);
  return conv2d_fused(x, weight, bias, residual, params, relu);
}

std::optional<Value> FoldedWeights::convolve_upsampled(Value x, std::optional<Value> skip,
                                                       const ConvNormParameters& parameters,
                                                       bool relu) {
  Graph& graph = x.graph();
  const Cpu* const cpu = std::get_if<Cpu>(&graph.context());
  const Tensor w = parameters.weight.tensor();
  if (!prepare_ || cpu == nullptr || x.dtype() != DType::f32 || w.dtype() != DType::f32) {
    return std::nullopt;
  }
  const kernels::UpsampledGeometry g =
      upsampled_geometry(x.shape(), skip ? std::optional(skip->shape()) : std::nullopt, w.shape());
  if (!kernels::conv2d_upsampled_is_worthwhile(*cpu, g)) return std::nullopt;
  Entry& made = entry(parameters, DType::f32);
  const Index numel = kernels::conv2d_upsampled_prepared_numel(*cpu, g);
  const Value weight = form(graph, made, kernels::conv2d_upsampled_implementation<float>(*cpu, g),
                            {g, {}}, numel, DType::f32);
  return conv2d_upsampled(g, x, skip, weight, folded_bias(graph, made), relu);
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
                              : Tensor::empty(weight.shape(), dtype_v<T>, weight.device());
    kernels::fold_batch_norm<T>(device, conv_norm_of<T>(entry.parameters), folded.data<T>(),
                                entry.bias.data<kernels::Real<T>>());
    weight = folded;
  } else if (entry.forms.empty()) {
    return;  // the parameter is used directly
  } else if (weight.dtype() != dtype_v<T>) {
    weight = weight.cast(dtype_v<T>);
  }
  if constexpr (std::is_same_v<D, Cpu>) {
    for (const auto& named : entry.forms) {
      const Form& form = named.second;
      T* const prepared = form.weight.data<T>();
      if (const auto* const g = std::get_if<Conv2dGeometry>(&form.geometry)) {
        kernels::conv2d_prepare<T>(device, *g, weight.data<T>(), prepared);
      } else if constexpr (std::is_same_v<T, float>) {
        kernels::conv2d_upsampled_prepare(device,
                                          std::get<kernels::UpsampledGeometry>(form.geometry),
                                          weight.data<T>(), prepared);
      }
    }
  }
}

void FoldedWeights::refresh(const Context& context) {
  if (!stale_) return;
  for (const auto& [key, entry] : entries_) {
    const Entry& folded = entry;
    dispatch("folded weights", context, key.second,
             [&]<class T>(const auto& device, Type<T>) { make<T>(device, folded); });
  }
  stale_ = false;
}

}  // namespace fpanet
