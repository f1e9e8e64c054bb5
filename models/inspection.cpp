#include "models/inspection.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <set>

#include "engine/core/error.hpp"
#include "engine/graph/executor.hpp"
#include "engine/graph/listing.hpp"
#include "layers/to_unit.hpp"

namespace fpanet {

namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

/// Calls f(double) for every element of a floating tensor; false for other types.
template <class F>
bool for_each_real(const Tensor& tensor, F&& f) {
  if (tensor.dtype() == DType::f64) {
    for (const double v : tensor.span<double>()) f(v);
  } else if (tensor.dtype() == DType::f32) {
    for (const float v : tensor.span<float>()) f(static_cast<double>(v));
  } else {
    return false;
  }
  return true;
}

double squares(const Tensor& tensor) {
  double sum = 0;
  for_each_real(tensor, [&](double v) { sum += v * v; });
  return sum;
}

void set_statistics(const Tensor& tensor, NodeNumbers& numbers) {
  double sum = 0, zeros = 0;
  const bool real = for_each_real(tensor, [&](double v) {
    sum += v;
    zeros += v == 0;
  });
  if (!real) {
    numbers.mean = numbers.deviation = numbers.zeros = kNone;
    return;
  }
  const auto count = static_cast<double>(tensor.numel());
  numbers.mean = sum / count;
  numbers.zeros = zeros / count;
  double deviations = 0;
  for_each_real(tensor, [&](double v) { deviations += (v - numbers.mean) * (v - numbers.mean); });
  numbers.deviation = std::sqrt(deviations / count);
}

/// The recorded forward pass, and with labels loss and backward.
struct Recorded {
  Value images, labels, prepared, logits, probabilities, loss;
  std::size_t forward_nodes = 0;  ///< up to the logits
};

Recorded record(Graph& graph, const Network& network, DType dtype,
                const InspectionRequest& request) {
  const Tensor& images = request.images;
  Recorded recorded;
  recorded.images = graph.input("images", Spec{images.shape(), images.dtype()});
  recorded.prepared = network.prepare(to_unit(recorded.images, dtype, request.scale));
  recorded.logits = network.logits({.graph = graph}, recorded.prepared);
  recorded.forward_nodes = graph.nodes().size();
  if (!request.labels.defined()) {
    recorded.probabilities = activate(recorded.logits, network.activation());
    return recorded;
  }
  recorded.labels = graph.input("labels", Spec{request.labels.shape(), DType::i32});
  const ObjectiveValues end = record_objective(request.objective, recorded.logits, recorded.labels,
                                               network.activation(), dtype);
  recorded.probabilities = end.probabilities;
  recorded.loss = end.loss;
  graph.backward(end.loss);
  return recorded;
}

/// The output of the last of the first `count` nodes that lies in `layer` and is an image.
ValueId output_of(const Graph& graph, std::size_t count, const std::string& layer) {
  ValueId found = -1;
  for (std::size_t i = 0; i < count; ++i) {
    const Node& node = graph.nodes()[i];
    const std::string label = node_label(graph, node);
    if (label != layer && !label.starts_with(layer + ".")) continue;
    if (node.output_specs[0].shape.rank() == 4) found = node.outputs[0].value;
  }
  require(found >= 0, "inspect: the network has no layer '{}'", layer);
  return found;
}

/// The attention map (P,P) of the first image: the only softmax before the logits.
Tensor attention_of(Graph& graph, const Executor& executor, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const Node& node = graph.nodes()[i];
    if (node.op->name() != "softmax") continue;
    const Tensor& map = executor.tensor({&graph, node.outputs[0].value});
    const auto side = static_cast<Index>(std::lround(std::sqrt(static_cast<double>(map.numel()))));
    return map.reshaped({side, side}).clone();
  }
  return {};
}

}  // namespace

std::vector<std::string> inspectable_layers(const Network& network) {
  // Specs only: a graph that is never run takes no memory.
  ParameterStore store;
  const auto again = make_network(store, network.config());
  store.allocate(DType::f32, Device::cpu(), false);
  Graph graph(Cpu{});
  const Index side = std::max<Index>(64, (network.smallest_side() + network.output_stride() - 1) /
                                             network.output_stride() * network.output_stride());
  again->logits({.graph = graph},
                again->prepare(graph.input(
                    "images", Spec{{1, network.config().bands, side, side}, DType::f32})));
  std::vector<std::string> layers;
  std::set<std::string> seen;
  for (const Node& node : graph.nodes()) {
    const std::string label = node_label(graph, node);
    if (label.empty() || node.output_specs[0].shape.rank() != 4) continue;
    for (std::size_t end = label.find('.'); end != std::string::npos;
         end = label.find('.', end + 1)) {
      if (seen.insert(label.substr(0, end)).second) layers.push_back(label.substr(0, end));
    }
    if (seen.insert(label).second) layers.push_back(label);
  }
  return layers;
}

Inspection inspect(const Network& network, const ParameterStore& store,
                   const InspectionRequest& request) {
  Graph graph(Cpu{request.threads});
  const Recorded recorded = record(graph, network, store.dtype(), request);
  const ValueId layer =
      request.layer.empty() ? -1 : output_of(graph, recorded.forward_nodes, request.layer);
  std::vector<const Node*> nodes;
  for (const Node& node : graph.nodes()) {
    if (node.phase == Phase::forward && node.outputs[0].value >= 0) nodes.push_back(&node);
  }
  std::vector<std::optional<Value>> gradients;
  for (const Node* node : nodes) {
    const Value value{&graph, node->outputs[0].value};
    graph.keep(value);
    gradients.push_back(recorded.loss.defined() ? graph.gradient(value) : std::nullopt);
    if (gradients.back()) graph.keep(*gradients.back());
  }
  graph.keep(recorded.prepared);
  graph.keep(recorded.probabilities);

  const Plan plan(graph);
  Arena arena(Device::cpu());
  const Executor executor(graph, plan, arena);
  executor.tensor(recorded.images).copy_from(request.images);
  if (recorded.loss.defined()) executor.tensor(recorded.labels).copy_from(request.labels);
  executor.run();

  Inspection inspection;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const Node& node = *nodes[i];
    NodeNumbers numbers{.op = std::string(node.op->name()),
                        .layer = node_label(graph, node),
                        .shape = node.output_specs[0].shape,
                        .gradient = kNone,
                        .weight_gradient = kNone};
    set_statistics(executor.tensor({&graph, node.outputs[0].value}), numbers);
    if (gradients[i]) numbers.gradient = std::sqrt(squares(executor.tensor(*gradients[i])));
    double of_weights = 0;
    bool has_weights = false;
    for (const ValueId input : node.inputs) {
      if (graph.info(input).kind != ValueKind::parameter || !recorded.loss.defined()) continue;
      const auto gradient = graph.gradient({&graph, input});
      if (!gradient) continue;
      of_weights += squares(executor.tensor(*gradient));
      has_weights = true;
    }
    if (has_weights) numbers.weight_gradient = std::sqrt(of_weights);
    inspection.nodes.push_back(std::move(numbers));
  }
  inspection.prepared = executor.tensor(recorded.prepared).clone();
  inspection.probabilities = executor.tensor(recorded.probabilities).clone();
  inspection.attention = attention_of(graph, executor, recorded.forward_nodes);
  if (layer >= 0) inspection.features = executor.tensor({&graph, layer}).clone();
  if (recorded.loss.defined()) {
    inspection.loss = executor.tensor(recorded.loss).cast(DType::f64).data<double>()[0];
  }
  return inspection;
}

Index entries_that_hold(double part, const Tensor& values) {
  std::vector<double> sorted;
  for_each_real(values, [&](double v) { sorted.push_back(v); });
  std::ranges::sort(sorted, std::greater<>());
  double rest = 0;
  for (const double v : sorted) rest += v;
  rest *= part;
  Index count = 0;
  for (const double v : sorted) {
    if (rest <= 0) break;
    rest -= v;
    ++count;
  }
  return count;
}

}  // namespace fpanet
