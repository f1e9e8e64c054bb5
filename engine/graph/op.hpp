#pragma once
// The op contract. An op is a stateless description (kind + hyper-parameters) that can say what
// shapes it makes, compute them on either device, and write down its backward as more nodes.

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/device.hpp"
#include "engine/core/tensor.hpp"
#include "engine/core/write.hpp"

namespace fpanet {

class BackwardRule;

/// What is known of a value before it has memory.
struct Spec {
  Shape shape;
  DType dtype = DType::f32;

  std::size_t bytes() const { return static_cast<std::size_t>(shape.numel()) * size_of(dtype); }
  bool operator==(const Spec&) const = default;
};

/// Work of one node: arithmetic (a multiply-add counts 2) and the fewest bytes it must move.
struct Cost {
  double flops = 0;
  double bytes = 0;
};

/// One execution of a node. Outputs nobody wants are undefined tensors: test wants(i).
struct RunArgs {
  const Context& context;
  std::span<const Tensor> inputs;
  std::span<const Tensor> outputs;
  std::span<const Write> writes;   ///< one per output
  std::span<std::byte> workspace;  ///< at least workspace_bytes(), 64-byte aligned, uninitialised

  const Tensor& in(std::size_t i) const { return inputs[i]; }
  const Tensor& out(std::size_t i = 0) const { return outputs[i]; }
  bool wants(std::size_t i) const { return outputs[i].defined(); }
  Write write(std::size_t i = 0) const { return writes[i]; }
};

/// A hyper-parameter of an op; truth values are 0 and 1.
struct OpAttribute {
  std::string_view name;
  double value;
};

class Op {
 public:
  virtual ~Op() = default;

  /// "conv2d", "conv2d_backward_input": the name in messages, profiles and the registry.
  virtual std::string_view name() const = 0;
  /// Hyper-parameters for code that reads a graph (exporters).
  virtual std::vector<OpAttribute> attributes() const { return {}; }
  /// The attribute of that name; throws Error when the op has none.
  double attribute(std::string_view name) const;
  /// Hyper-parameters for people; the attributes unless an op says it better: "stride=1 padding=1".
  virtual std::string parameters() const;

  /// Specs of the outputs. All shape and dtype errors of the op are thrown here.
  virtual std::vector<Spec> infer(std::span<const Spec> inputs) const = 0;
  /// Computes the outputs. Shapes have been checked by infer.
  virtual void run(const RunArgs& args) const = 0;
  /// Records the gradient computation; the default throws "has no gradient". What the emitted nodes
  /// take as inputs is what backward reads, and all that is kept for it.
  virtual void backward(BackwardRule& rule) const;

  /// Scratch memory run() needs for these inputs.
  virtual std::size_t workspace_bytes(const Context& context, std::span<const Spec> inputs) const;
  /// Which implementation run() will use ("winograd_f4x4", "gemm", ...); empty if there is only
  /// one.
  virtual std::string implementation(const Context& context, std::span<const Spec> inputs) const;
  /// Default: no arithmetic; every input read once, every output and updated input written once.
  virtual Cost cost(std::span<const Spec> inputs, std::span<const Spec> outputs) const;

  /// True for inputs that run() changes in place: running statistics, optimizer state.
  virtual bool updates(std::size_t input) const;
  /// The input whose memory output `output` may take over (same size, elementwise), or -1.
  virtual int in_place_input(std::size_t output) const;
  /// True when backward should run the op again rather than keep its output: a copy that is much
  /// larger than what it copies (enlargement).
  virtual bool cheap_to_recompute() const { return false; }
  /// An op that makes the first output again, bit for bit, from some of this op's inputs and other
  /// outputs (normalisation with the statistics of the first time).
  struct Recompute {
    std::shared_ptr<const Op> op;  ///< takes the inputs, then the outputs
    std::vector<std::size_t> inputs, outputs;
  };
  /// Given when backward should run that rather than keep the first output.
  virtual std::optional<Recompute> recompute() const { return std::nullopt; }
  /// False when no gradient flows through this op (argmax, counts, optimizer).
  virtual bool differentiable() const { return true; }
};

}  // namespace fpanet
