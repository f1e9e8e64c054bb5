#include "engine/graph/graph.hpp"

#include <algorithm>
#include <set>

#include "engine/core/error.hpp"

namespace fpanet {

const Spec& Value::spec() const {
  return graph_->info(id_).spec;
}

std::string_view name_of(ValueKind kind) {
  switch (kind) {
    case ValueKind::input:
      return "input";
    case ValueKind::constant:
      return "constant";
    case ValueKind::parameter:
      return "parameter";
    case ValueKind::state:
      return "state";
    case ValueKind::activation:
      return "activation";
    case ValueKind::gradient:
      return "gradient";
    case ValueKind::parameter_gradient:
      return "parameter gradient";
  }
  return "?";
}

std::string_view name_of(Phase phase) {
  switch (phase) {
    case Phase::forward:
      return "forward";
    case Phase::backward:
      return "backward";
    case Phase::update:
      return "update";
  }
  return "?";
}

Graph::Graph(Context context, Mode mode) : context_(context), mode_(mode) {}

Device Graph::device() const {
  const Cuda* cuda = std::get_if<Cuda>(&context_);
  return cuda != nullptr ? Device::cuda(cuda->index) : Device::cpu();
}

Value Graph::add_value(ValueInfo info) {
  const auto id = static_cast<ValueId>(values_.size());
  if (info.base < 0) info.base = id;
  values_.push_back(std::move(info));
  return {this, id};
}

Value Graph::input(std::string name, const Spec& spec, bool requires_grad) {
  require(mode_ == Mode::record, "graph: input '{}' of an eager graph needs its contents", name);
  return add_value({.spec = spec,
                    .kind = ValueKind::input,
                    .name = std::move(name),
                    .requires_grad = requires_grad});
}

Value Graph::input(std::string name, Tensor tensor, bool requires_grad) {
  require(mode_ == Mode::eager,
          "graph: input '{}' of a recorded graph is filled through the executor", name);
  return add_value({.spec = {tensor.shape(), tensor.dtype()},
                    .kind = ValueKind::input,
                    .name = std::move(name),
                    .requires_grad = requires_grad,
                    .tensor = tensor});
}

Value Graph::constant(std::string name, Tensor tensor) {
  const Spec spec{tensor.shape(), tensor.dtype()};
  return add_value({.spec = spec,
                    .kind = ValueKind::constant,
                    .name = std::move(name),
                    .tensor = std::move(tensor)});
}

Value Graph::bound(const std::string& name, Tensor tensor, ValueKind kind, bool requires_grad) {
  if (const auto found = bound_by_name_.find(name); found != bound_by_name_.end()) {
    require(info(found->second).tensor.raw() == tensor.raw(),
            "graph: '{}' is already bound to other memory", name);
    return {this, found->second};
  }
  const Spec spec{tensor.shape(), tensor.dtype()};
  const Value value = add_value({.spec = spec,
                                 .kind = kind,
                                 .name = name,
                                 .requires_grad = requires_grad,
                                 .tensor = std::move(tensor)});
  bound_by_name_[name] = value.id();
  return value;
}

Value Graph::parameter(const std::string& name, Tensor value, Tensor gradient) {
  if (!frozen_.empty() && name.starts_with(frozen_)) gradient = {};
  const Value parameter = bound(name, std::move(value), ValueKind::parameter, gradient.defined());
  if (gradient.defined()) parameter_gradient_memory_[parameter.id()] = std::move(gradient);
  return parameter;
}

Value Graph::state(const std::string& name, Tensor tensor) {
  return bound(name, std::move(tensor), ValueKind::state, false);
}

Value Graph::twin(Value parameter, Tensor low) {
  const ValueInfo& master = info(parameter);
  require(master.kind == ValueKind::parameter && master.base == parameter.id() &&
              low.shape() == master.spec.shape,
          "twin: {} {} cannot stand for {} '{}' {}", name_of(low.dtype()), low.shape(),
          name_of(master.kind), master.name, master.spec.shape);
  const std::string key = fmt::format("{} in {}", master.name, name_of(low.dtype()));
  const Value value = bound(key, std::move(low), ValueKind::parameter, master.requires_grad);
  ValueInfo& twin = values_[static_cast<std::size_t>(value.id())];
  twin.name = master.name;
  twin.master = parameter.id();
  return value;
}

Value Graph::view(Value x, const Shape& shape) {
  const ValueInfo& source = info(x);
  require(shape.numel() == source.spec.shape.numel(), "view: {} has {} elements, {} has {}",
          source.spec.shape, source.spec.shape.numel(), shape, shape.numel());
  return add_value({.spec = {shape, source.spec.dtype},
                    .kind = source.kind,
                    .name = source.name,
                    .base = source.base,
                    .requires_grad = source.requires_grad,
                    .tensor = source.tensor.defined() ? source.tensor.reshaped(shape) : Tensor()});
}

void Graph::keep(Value value) {
  values_[static_cast<std::size_t>(base(value.id()))].kept = true;
}

void Graph::check_inputs(const Op& op, std::span<const Value> inputs) const {
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    require(inputs[i].defined(), "{}: input {} is empty", op.name(), i);
    require(&inputs[i].graph() == this, "{}: input {} belongs to another graph", op.name(), i);
  }
}

std::vector<Value> Graph::record(std::shared_ptr<const Op> op, std::span<const Value> inputs) {
  check_inputs(*op, inputs);
  std::vector<Spec> input_specs;
  bool requires_grad = false;
  for (const Value& value : inputs) {
    input_specs.push_back(value.spec());
    requires_grad = requires_grad || info(value).requires_grad;
  }
  std::vector<Spec> specs = op->infer(input_specs);
  std::vector<Value> results;
  std::vector<NodeOutput> outputs;
  for (const Spec& spec : specs) {
    const Value result = add_value(
        {.spec = spec,
         .kind = phase_ == Phase::backward ? ValueKind::gradient : ValueKind::activation,
         .requires_grad = requires_grad && op->differentiable() && phase_ == Phase::forward});
    results.push_back(result);
    outputs.push_back({result.id(), Write::assign});
  }
  record_into(std::move(op), inputs, std::move(outputs), std::move(specs));
  return results;
}

Value Graph::record_one(std::shared_ptr<const Op> op, std::span<const Value> inputs) {
  return record(std::move(op), inputs).at(0);
}

void Graph::record_into(std::shared_ptr<const Op> op, std::span<const Value> inputs,
                        std::vector<NodeOutput> outputs, std::vector<Spec> specs) {
  Node node{.op = std::move(op),
            .outputs = std::move(outputs),
            .output_specs = std::move(specs),
            .phase = phase_};
  for (const Value& value : inputs) node.inputs.push_back(value.id());
  nodes_.push_back(std::move(node));
  if (mode_ == Mode::eager) run_eagerly(nodes_.back());
}

std::vector<Spec> Graph::input_specs(const Node& node) const {
  std::vector<Spec> specs;
  for (const ValueId id : node.inputs) specs.push_back(info(id).spec);
  return specs;
}

void Graph::run_eagerly(const Node& node) {
  std::vector<Tensor> inputs;
  for (const ValueId id : node.inputs) inputs.push_back(info(id).tensor);
  std::vector<Tensor> outputs;
  std::vector<Write> writes;
  for (std::size_t i = 0; i < node.outputs.size(); ++i) {
    const NodeOutput& output = node.outputs[i];
    writes.push_back(output.write);
    if (output.value < 0) {
      outputs.emplace_back();
      continue;
    }
    ValueInfo& target = values_[static_cast<std::size_t>(base(output.value))];
    if (!target.tensor.defined()) {
      target.tensor = Tensor::empty(target.spec.shape, target.spec.dtype, device());
    }
    ValueInfo& written = values_[static_cast<std::size_t>(output.value)];
    written.tensor = target.tensor.reshaped(written.spec.shape);
    outputs.push_back(written.tensor);
  }
  const std::size_t bytes = node.op->workspace_bytes(context_, input_specs(node));
  const std::shared_ptr<Storage> workspace = Storage::allocate(bytes, device());
  node.op->run({.context = context_,
                .inputs = inputs,
                .outputs = outputs,
                .writes = writes,
                .workspace = {workspace->data(), bytes}});
}

const Tensor& Graph::tensor(Value value) const {
  const ValueInfo& wanted = info(value);
  require(wanted.tensor.defined(), "graph: value {} ({} {}) has no memory here; ask the executor",
          value.id(), name_of(wanted.kind), wanted.spec.shape);
  return wanted.tensor;
}

ValueId Graph::gradient_owner(ValueId id) const {
  const ValueInfo& owner = info(base(id));
  return owner.master >= 0 ? owner.master : base(id);
}

Value Graph::gradient_slot(Value value) {
  const ValueId source = gradient_owner(value.id());
  auto found = gradient_of_.find(source);
  if (found == gradient_of_.end()) {
    ValueInfo slot{.spec = info(source).spec, .kind = ValueKind::gradient};
    if (const auto memory = parameter_gradient_memory_.find(source);
        memory != parameter_gradient_memory_.end()) {
      slot.kind = ValueKind::parameter_gradient;
      slot.name = info(source).name;
      slot.tensor = memory->second;
    }
    found = gradient_of_.emplace(source, add_value(std::move(slot)).id()).first;
  }
  const Value slot{this, found->second};
  return value.shape() == slot.shape() ? slot : view(slot, value.shape());
}

std::optional<Value> Graph::gradient(Value value) {
  const auto found = gradient_of_.find(gradient_owner(value.id()));
  if (found == gradient_of_.end()) return std::nullopt;
  return gradient_slot(value);
}

Value Graph::one_like(Value loss) {
  Tensor one = Tensor::empty(loss.shape(), loss.dtype());
  if (loss.dtype() == DType::f64) {
    one.data<double>()[0] = 1.0;
  } else {
    one.data<float>()[0] = 1.0F;
  }
  return constant("d loss / d loss", one.to(device()));
}

void Graph::backward(Value loss, const BackwardOptions& options) {
  require(!backward_done_, "backward: this graph already has its backward pass");
  require(loss.shape().numel() == 1, "backward: the loss must have one element, got {}",
          loss.shape());
  require(info(loss).requires_grad,
          "backward: the loss depends on nothing that requires a gradient");
  require(!options.seed.defined() || options.seed.spec() == loss.spec(),
          "backward: the seed must be like the loss, {} {}", loss.shape(), name_of(loss.dtype()));
  backward_done_ = true;
  accumulate_parameters_ = options.accumulate;
  phase_ = Phase::backward;
  const Value seed = options.seed.defined() ? options.seed : one_like(loss);
  gradient_of_[base(loss.id())] = seed.id();

  // Nodes are recorded in topological order. In reverse order, every consumer of a value therefore
  // adds its contribution before the value's producer reads the sum.
  std::vector<std::vector<ValueId>> first;
  if (options.completed) first = first_uses();
  for (std::size_t i = nodes_.size(); i-- > 0;) {
    record_backward(i);
    if (!options.completed) continue;
    std::vector<std::string> names;
    for (const ValueId parameter : first[i]) {
      if (is_trained(parameter)) names.push_back(info(parameter).name);
    }
    if (!names.empty()) options.completed(names);
  }
}

void Graph::record_backward(std::size_t node) {
  BackwardRule rule(*this, nodes_[node]);
  const std::shared_ptr<const Op> op = nodes_[node].op;
  if (!op->differentiable()) return;
  bool reached = false;
  for (std::size_t o = 0; o < nodes_[node].outputs.size(); ++o) reached |= rule.has_gradient(o);
  bool wanted = false;
  for (std::size_t k = 0; k < rule.input_count(); ++k) wanted |= rule.wants(k);
  if (reached && wanted) op->backward(rule);
}

std::vector<std::vector<ValueId>> Graph::first_uses() const {
  std::vector<std::vector<ValueId>> first(nodes_.size());
  std::set<ValueId> seen;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    for (const ValueId input : nodes_[i].inputs) {
      const ValueId owner = gradient_owner(input);
      if (!parameter_gradient_memory_.contains(owner) || !seen.insert(owner).second) continue;
      first[i].push_back(owner);
    }
  }
  return first;
}

bool Graph::is_trained(ValueId parameter) const {
  const auto slot = gradient_of_.find(parameter);
  return slot != gradient_of_.end() && gradient_written_.contains(slot->second);
}

std::vector<std::string> Graph::trained_parameters() const {
  std::vector<std::string> names;
  for (const auto& [parameter, memory] : parameter_gradient_memory_) {
    if (is_trained(parameter)) names.push_back(info(parameter).name);
  }
  return names;
}

Value Graph::saved(Value forward) {
  if (const auto found = recomputed_.find(forward.id()); found != recomputed_.end()) {
    return {this, found->second};
  }
  const auto producer = std::ranges::find_if(nodes_, [&](const Node& node) {
    return !node.outputs.empty() && node.outputs[0].value == forward.id();
  });
  if (producer == nodes_.end()) return forward;
  const Node node = *producer;  // a copy, because recording reallocates the list
  std::shared_ptr<const Op> op;
  std::vector<Value> read;
  if (node.op->cheap_to_recompute()) {
    op = node.op;
    for (const ValueId id : node.inputs) read.push_back(saved({this, id}));
  } else if (const auto recompute = node.op->recompute()) {
    op = recompute->op;
    for (const std::size_t i : recompute->inputs) read.push_back(saved({this, node.inputs[i]}));
    for (const std::size_t k : recompute->outputs) read.push_back({this, node.outputs[k].value});
  } else {
    return forward;
  }
  const Value recomputed = record_one(op, read);
  recomputed_.emplace(forward.id(), recomputed.id());
  return recomputed;
}

bool BackwardRule::has_gradient(std::size_t output) const {
  const ValueId id = node_.outputs[output].value;
  return id >= 0 && graph_.gradient_of_.contains(graph_.gradient_owner(id));
}

Value BackwardRule::gradient(std::size_t output) const {
  require(has_gradient(output), "{}: no gradient reached output {}", node_.op->name(), output);
  return graph_.gradient_slot(this->output(output));
}

void BackwardRule::emit(std::shared_ptr<const Op> op, const std::vector<Value>& inputs,
                        const std::vector<int>& gradient_of) {
  graph_.check_inputs(*op, inputs);
  std::vector<Spec> input_specs;
  for (const Value& value : inputs) input_specs.push_back(value.spec());
  std::vector<Spec> specs = op->infer(input_specs);
  require(specs.size() == gradient_of.size(), "{}: {} outputs, but {} gradients are named",
          op->name(), specs.size(), gradient_of.size());
  std::vector<NodeOutput> outputs(specs.size());
  bool any = false;
  for (std::size_t k = 0; k < specs.size(); ++k) {
    if (gradient_of[k] == kUnwanted || !wants(static_cast<std::size_t>(gradient_of[k]))) continue;
    const Value slot = graph_.gradient_slot(input(static_cast<std::size_t>(gradient_of[k])));
    require(slot.spec() == specs[k], "{}: gradient {} has shape {} {}, its input {} {}", op->name(),
            k, name_of(specs[k].dtype), specs[k].shape, name_of(slot.dtype()), slot.shape());
    const bool first_writer = graph_.gradient_written_.emplace(graph_.base(slot.id()), true).second;
    const bool of_parameter = graph_.info(slot).kind == ValueKind::parameter_gradient;
    const bool first = first_writer && !(of_parameter && graph_.accumulate_parameters_);
    outputs[k] = {slot.id(), first ? Write::assign : Write::accumulate};
    any = true;
  }
  if (any) graph_.record_into(std::move(op), inputs, std::move(outputs), std::move(specs));
}

std::vector<Value> BackwardRule::record(std::shared_ptr<const Op> op,
                                        const std::vector<Value>& inputs) {
  return graph_.record(std::move(op), inputs);
}

}  // namespace fpanet
