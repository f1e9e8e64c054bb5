#pragma once
// The recorded program. Calling an op records a node; backward() records more nodes in the same
// graph, so a whole training step (forward, backward, optimizer) is one printable list.
//
// In eager mode every node also runs as soon as it is recorded, and each value has its own buffer.
// This mode is for tests, teaching and op development. In record mode no node runs; Plan and
// Executor run the finished graph.

#include <deque>
#include <functional>
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

/// Handle of a value in a graph. Ops take and return such handles.
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
  parameter,           ///< bound memory, trained if it has a gradient
  state,               ///< bound memory, updated by nodes (running statistics, optimizer state)
  activation,          ///< output of a forward node
  gradient,            ///< output of a backward node
  parameter_gradient,  ///< bound memory: the parameter's slot in the gradient region
};
std::string_view name_of(ValueKind kind);

struct ValueInfo {
  Spec spec;
  ValueKind kind = ValueKind::activation;
  std::string name = {};  ///< empty for activations and most gradients
  ValueId base = -1;      ///< a view's underlying value; otherwise the value itself
  ValueId master = -1;    ///< for a twin: its parameter, which owns the gradient of both
  bool requires_grad = false;
  bool kept = false;   ///< read by the caller after the run
  Tensor tensor = {};  ///< bound memory; in eager mode the memory of any value
};

struct NodeOutput {
  ValueId value = -1;  ///< -1: the output is not wanted
  Write write = Write::assign;
};

enum class Phase : std::uint8_t { forward, backward, update };
std::string_view name_of(Phase phase);

struct Node {
  std::shared_ptr<const Op> op;
  std::vector<ValueId> inputs = {};
  std::vector<NodeOutput> outputs = {};
  std::vector<Spec> output_specs;  ///< includes unwanted outputs
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

  /// Record mode: an input that the caller fills before each run through Executor::tensor.
  Value input(std::string name, const Spec& spec, bool requires_grad = false);
  /// Eager mode: an input with its contents; the tensor is shared, not copied.
  Value input(std::string name, Tensor tensor, bool requires_grad = false);
  Value constant(std::string name, Tensor tensor);
  /// The same name gives the same value, so a parameter that is used twice accumulates one
  /// gradient. `gradient` is undefined if the parameter is not trained.
  Value parameter(const std::string& name, Tensor value, Tensor gradient);
  /// Parameters whose names begin with `prefix` are not trained. Call before they are used.
  void freeze(std::string prefix) { frozen_ = std::move(prefix); }
  Value state(const std::string& name, Tensor tensor);
  /// `parameter` in another dtype, for ops that compute in that dtype. The twin's memory is `low`,
  /// a copy that the update phase keeps up to date. The twin has no gradient of its own: uses of
  /// either value add to the parameter's gradient, which has the parameter's dtype.
  Value twin(Value parameter, Tensor low);

  /// Records one node, which eager mode also runs; returns its outputs.
  std::vector<Value> record(std::shared_ptr<const Op> op, std::span<const Value> inputs);
  /// The same for an op with one output.
  Value record_one(std::shared_ptr<const Op> op, std::span<const Value> inputs);
  /// The memory of `x` with another shape. A view is not a node. Its gradient is the same view of
  /// the gradient of `x`.
  Value view(Value x, const Shape& shape);
  /// Marks a value that the caller reads after the run, so that its memory is not reused.
  void keep(Value value);

  struct BackwardOptions {
    /// d loss / d loss, shaped like the loss; undefined: 1.
    Value seed = {};
    /// Adds to the contents of the parameters' gradients, those of another run, rather than
    /// overwriting them.
    bool accumulate = false;
    /// Called with the names of parameters behind the last node that writes to their gradients. May
    /// record nodes, which then run before the rest of the backward pass.
    std::function<void(const std::vector<std::string>&)> completed = {};
  };
  /// Records the gradients of a one-element `loss` with respect to every parameter and every input
  /// that requires one. May be called once per graph.
  void backward(Value loss, const BackwardOptions& options);
  void backward(Value loss) { backward(loss, {}); }
  /// Nodes recorded from now on belong to the update phase (optimizer, running averages).
  void begin_update() { phase_ = Phase::update; }

  /// d loss / d value after backward(), or nullopt if no gradient reached the value.
  std::optional<Value> gradient(Value value);
  /// Names of the parameters for which backward() recorded a gradient, in order of first use.
  std::vector<std::string> trained_parameters() const;

  const ValueInfo& info(ValueId id) const { return values_[static_cast<std::size_t>(id)]; }
  const ValueInfo& info(Value value) const { return info(value.id()); }
  ValueId base(ValueId id) const { return info(id).base; }
  std::size_t value_count() const { return values_.size(); }
  const std::vector<Node>& nodes() const { return nodes_; }
  std::vector<Spec> input_specs(const Node& node) const;
  /// The memory of a value that has bound memory, or in eager mode of any value.
  const Tensor& tensor(Value value) const;

 private:
  friend class BackwardRule;

  Value add_value(ValueInfo info);
  Value bound(const std::string& name, Tensor tensor, ValueKind kind, bool requires_grad);
  /// The value that owns the gradient of `id`: a view's base, a twin's parameter, otherwise `id`.
  ValueId gradient_owner(ValueId id) const;
  /// The gradient of `value`'s gradient owner as a view with the shape of `value`. The first call
  /// adds it to the graph.
  Value gradient_slot(Value value);
  void record_into(std::shared_ptr<const Op> op, std::span<const Value> inputs,
                   std::vector<NodeOutput> outputs, std::vector<Spec> specs);
  Value one_like(Value loss);
  void record_backward(std::size_t node);
  /// Whether backward() has recorded a gradient of the parameter.
  bool is_trained(ValueId parameter) const;
  /// By node: the parameters that no node before it uses, so that its backward pass is the last to write
  /// their gradients.
  std::vector<std::vector<ValueId>> first_uses() const;
  void check_inputs(const Op& op, std::span<const Value> inputs) const;
  void run_eagerly(const Node& node);
  /// The value that backward reads for `forward`: `forward` itself, or, if its op asks for it, a
  /// value that is recomputed. The inputs of a recomputed value may be recomputed, too.
  Value saved(Value forward);

  Context context_;
  Mode mode_;
  Phase phase_ = Phase::forward;
  std::deque<ValueInfo> values_;  // a deque, so that references stay valid while values are added
  std::vector<Node> nodes_;
  std::map<std::string, ValueId> bound_by_name_;
  std::string frozen_;
  std::map<ValueId, ValueId> gradient_of_;    // gradient_owner -> gradient value
  std::map<ValueId, bool> gradient_written_;  // gradient value -> has a writer
  std::map<ValueId, ValueId> recomputed_;     // forward value -> value recomputed in backward
  std::map<ValueId, Tensor> parameter_gradient_memory_;
  bool backward_done_ = false;
  bool accumulate_parameters_ = false;
};

/// The argument of Op::backward: gives access to the forward node and records its gradient nodes.
class BackwardRule {
 public:
  BackwardRule(Graph& graph, Node node) : graph_(graph), node_(std::move(node)) {}

  static constexpr int kUnwanted = -1;

  Value input(std::size_t i) const { return {&graph_, node_.inputs[i]}; }
  Value output(std::size_t i = 0) const { return {&graph_, node_.outputs[i].value}; }
  /// Forward input i, for a backward node to read. If the op that computed it prefers to recompute
  /// it, a recomputing node is recorded, and the memory of the forward value is free until then.
  Value saved_input(std::size_t i) const { return graph_.saved(input(i)); }
  std::size_t input_count() const { return node_.inputs.size(); }
  bool wants(std::size_t i) const { return graph_.info(node_.inputs[i]).requires_grad; }
  bool has_gradient(std::size_t output = 0) const;
  /// d loss / d output; only if has_gradient(output).
  Value gradient(std::size_t output = 0) const;
  Graph& graph() const { return graph_; }

  /// Records `op`, whose k-th output is a contribution to the gradient of forward input
  /// gradient_of[k] (kUnwanted: not computed). Outputs for inputs that need no gradient are
  /// dropped; if all are dropped, nothing is recorded. The graph chooses between assigning and
  /// accumulating.
  void emit(std::shared_ptr<const Op> op, const std::vector<Value>& inputs,
            const std::vector<int>& gradient_of);
  /// Records an intermediate result of the backward pass.
  std::vector<Value> record(std::shared_ptr<const Op> op, const std::vector<Value>& inputs);

 private:
  Graph& graph_;
  Node node_;  // a copy, because recording reallocates the graph's node list
};

}  // namespace fpanet
