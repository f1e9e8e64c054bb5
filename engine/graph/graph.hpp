#pragma once
// The recorded program. Calling an op records a node; backward() records more nodes in the same
// graph, so a whole training step (forward, backward, optimizer) is one printable list.
//
// In eager mode every node also runs as it is recorded, each value in a buffer of its own: the mode
// for tests, teaching and op development. In record mode nothing runs; Plan and Executor do.

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/graph/op.hpp"

namespace fpanet {

class Graph;
using ValueId = int;

/// Handle of a value in a graph: what ops take and return.
class Value {
 public:
  Value() = default;
  Value(Graph* graph, ValueId id) : graph_(graph), id_(id) {}

  bool defined() const { return graph_ != nullptr; }
  Graph& graph() const { return *graph_; }
  ValueId id() const { return id_; }
  const Spec& spec() const;
  const Shape& shape() const { return spec().shape; }
  DType dtype() const { return spec().dtype; }
  bool operator==(const Value&) const = default;

 private:
  Graph* graph_ = nullptr;
  ValueId id_ = -1;
};

enum class ValueKind : std::uint8_t {
  input,               ///< written by the caller before each run
  constant,            ///< bound memory, never written
  parameter,           ///< bound memory, trained
  state,               ///< bound memory, updated by nodes (running statistics, optimizer state)
  activation,          ///< made by a forward node
  gradient,            ///< made by a backward node
  parameter_gradient,  ///< bound memory: the parameter's slot in the gradient region
};
std::string_view name_of(ValueKind kind);

struct ValueInfo {
  Spec spec;
  ValueKind kind = ValueKind::activation;
  std::string name = {};  ///< of inputs, parameters and states
  ValueId base = -1;      ///< a view's underlying value; otherwise the value itself
  ValueId master = -1;    ///< of a twin: the parameter whose gradient is its gradient
  bool requires_grad = false;
  bool kept = false;   ///< read by the caller after the run
  Tensor tensor = {};  ///< bound memory; in eager mode every value's memory
};

struct NodeOutput {
  ValueId value = -1;  ///< -1: nobody wants this output
  Write write = Write::assign;
};

enum class Phase : std::uint8_t { forward, backward, update };
std::string_view name_of(Phase phase);

struct Node {
  std::shared_ptr<const Op> op;
  std::vector<ValueId> inputs = {};
  std::vector<NodeOutput> outputs = {};
  std::vector<Spec> output_specs;  ///< also of unwanted outputs
  Phase phase = Phase::forward;
};

class Graph {
 public:
  enum class Mode : std::uint8_t { eager, record };

  explicit Graph(Context context, Mode mode = Mode::record);
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;

  Mode mode() const { return mode_; }
  const Context& context() const { return context_; }
  Device device() const;

  /// A value the caller fills before each run (record mode: through Executor::tensor).
  Value input(std::string name, const Spec& spec, bool requires_grad = false);
  /// An input with its contents, for eager mode; the tensor is shared, not copied.
  Value input(std::string name, Tensor tensor, bool requires_grad = false);
  Value constant(std::string name, Tensor tensor);
  /// The same name gives the same value, so a parameter used twice accumulates one gradient.
  /// `gradient` may be undefined for a parameter that does not train.
  Value parameter(const std::string& name, Tensor value, Tensor gradient);
  Value state(const std::string& name, Tensor tensor);
  /// `parameter` in another dtype, for ops that compute in it: reads `low`, a copy that the update
  /// phase keeps current, but its gradient is the parameter's own (so in the parameter's dtype), and
  /// both add to it.
  Value twin(Value parameter, Tensor low);

  /// Records (and in eager mode runs) one node; returns its outputs.
  std::vector<Value> record(std::shared_ptr<const Op> op, std::span<const Value> inputs);
  /// Same, for an op with one output.
  Value record_one(std::shared_ptr<const Op> op, std::span<const Value> inputs);
  /// The same memory under another shape; not a node. Its gradient is the same view of x's
  /// gradient.
  Value view(Value x, const Shape& shape);
  /// Marks a value that the caller reads after the run, so that its memory is not reused.
  void keep(Value value);

  /// Records the gradients of a one-element `loss` for every parameter and every input that
  /// requires one. Once per graph.
  void backward(Value loss);
  /// Nodes recorded from now on belong to the update phase (optimizer, running averages).
  void begin_update() { phase_ = Phase::update; }

  /// d loss / d value after backward(), or nothing if no gradient reached it.
  std::optional<Value> gradient(Value value);
  /// Names of the parameters that backward() gave a gradient, in order of first use.
  std::vector<std::string> trained_parameters() const;

  const ValueInfo& info(ValueId id) const { return values_[static_cast<std::size_t>(id)]; }
  const ValueInfo& info(Value value) const { return info(value.id()); }
  ValueId base(ValueId id) const { return info(id).base; }
  std::size_t value_count() const { return values_.size(); }
  const std::vector<Node>& nodes() const { return nodes_; }
  std::vector<Spec> input_specs(const Node& node) const;
  /// The memory of a value: bound memory, or in eager mode any value's.
  const Tensor& tensor(Value value) const;

 private:
  friend class BackwardRule;

  Value add_value(ValueInfo info);
  Value bound(const std::string& name, Tensor tensor, ValueKind kind, bool requires_grad);
  /// Whose gradient belongs to a value: a view's base, a twin's parameter.
  ValueId gradient_owner(ValueId id) const;
  /// The gradient value of `value`'s owner as a view shaped like `value`; made on first call.
  Value gradient_slot(Value value);
  void record_into(std::shared_ptr<const Op> op, std::span<const Value> inputs,
                   std::vector<NodeOutput> outputs, std::vector<Spec> specs);
  void check_inputs(const Op& op, std::span<const Value> inputs) const;
  void run_eagerly(const Node& node);
  /// A forward value for backward to read: made again if its op says so, as what that reads.
  Value saved(Value forward);

  Context context_;
  Mode mode_;
  Phase phase_ = Phase::forward;
  std::deque<ValueInfo> values_;  // a deque: references stay valid while values are added
  std::vector<Node> nodes_;
  std::map<std::string, ValueId> bound_by_name_;
  std::map<ValueId, ValueId> gradient_of_;    // gradient_owner -> gradient value
  std::map<ValueId, bool> gradient_written_;  // gradient value -> has a writer
  std::map<ValueId, ValueId> repeated_;       // forward value -> made again in backward
  std::map<ValueId, Tensor> parameter_gradient_memory_;
  bool backward_done_ = false;
};

/// Given to Op::backward: reads the forward node and records its gradient nodes.
class BackwardRule {
 public:
  BackwardRule(Graph& graph, Node node) : graph_(graph), node_(std::move(node)) {}

  static constexpr int kUnwanted = -1;

  Value input(std::size_t i) const { return {&graph_, node_.inputs[i]}; }
  Value output(std::size_t i = 0) const { return {&graph_, node_.outputs[i].value}; }
  /// Contents of forward input i for a backward node to read. If the op that made them can cheaply
  /// make them again, that is recorded and the first output's memory is free in between.
  Value saved_input(std::size_t i) const { return graph_.saved(input(i)); }
  std::size_t input_count() const { return node_.inputs.size(); }
  bool wants(std::size_t i) const { return graph_.info(node_.inputs[i]).requires_grad; }
  bool has_gradient(std::size_t output = 0) const;
  /// d loss / d output; only when has_gradient.
  Value gradient(std::size_t output = 0) const;
  Graph& graph() const { return graph_; }

  /// Records `op` whose k-th output is a contribution to the gradient of forward input
  /// gradient_of[k] (kUnwanted: not computed). Outputs of inputs nobody wants are dropped; when all
  /// are, nothing is recorded. The graph decides between assigning and accumulating.
  void emit(std::shared_ptr<const Op> op, const std::vector<Value>& inputs,
            const std::vector<int>& gradient_of);
  /// Records an intermediate result of the backward pass.
  std::vector<Value> record(std::shared_ptr<const Op> op, const std::vector<Value>& inputs);

 private:
  Graph& graph_;
  Node node_;  // a copy: recording reallocates the graph's node list
};

}  // namespace fpanet
