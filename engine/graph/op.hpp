#pragma once
// The interface of ops. An op is a stateless description (kind and hyper-parameters). It infers the
// shapes of its outputs, computes them on the CPU or a GPU, and records its backward pass as
// further nodes.

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

/// The properties of a value that are known before it has memory.
struct Spec {
  Shape shape;
  DType dtype = DType::f32;

  std::size_t bytes() const { return static_cast<std::size_t>(shape.numel()) * size_of(dtype); }
  bool operator==(const Spec&) const = default;
};

/// The work of one node: arithmetic operations (a multiply-add counts as 2) and the minimum number
/// of bytes that it must move.
struct Cost {
  double flops = 0;
  double bytes = 0;
};

/// One execution of a node. Unwanted outputs are undefined tensors; check wants(i).
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

/// A hyper-parameter of an op; booleans are 0 or 1.
struct OpAttribute {
  std::string_view name;
  double value;
};

class Op {
 public:
  virtual ~Op() = default;

  /// "conv2d", "conv2d_backward_input": the op's name in messages, profiles and
  /// layers/registry.cpp.
  virtual std::string_view name() const = 0;
  /// The hyper-parameters, for code that reads a graph (exporters).
  virtual std::vector<OpAttribute> attributes() const { return {}; }
  /// The value of the attribute called `name`; throws Error if the op does not have it.
  double attribute(std::string_view name) const;
  /// The hyper-parameters in readable form: "stride=1 padding=1". By default a list of the
  /// attributes.
  virtual std::string parameters() const;

  /// The specs of the outputs. Throws all shape and dtype errors of the op.
  virtual std::vector<Spec> infer(std::span<const Spec> inputs) const = 0;
  /// Computes the outputs. infer() has already checked the shapes.
  virtual void run(const RunArgs& args) const = 0;
  /// Records the gradient computation; by default throws "has no gradient". Forward values are kept
  /// for the backward pass only if the recorded nodes take them as inputs.
  virtual void backward(BackwardRule& rule) const;

  /// Says that workspace_bytes() will be called for these inputs. Plan announces all nodes of a
  /// graph before it asks for the first size, so that what takes long can be prepared in parallel.
  virtual void announce(const Context& context, std::span<const Spec> inputs) const;
  /// Size of the scratch memory that run() needs for these inputs.
  virtual std::size_t workspace_bytes(const Context& context, std::span<const Spec> inputs) const;
  /// The implementation that run() will use ("winograd_f4x4", "gemm", ...); empty if there is only
  /// one.
  virtual std::string implementation(const Context& context, std::span<const Spec> inputs) const;
  /// By default no arithmetic; every input is read once, and every output and updated input is
  /// written once.
  virtual Cost cost(std::span<const Spec> inputs, std::span<const Spec> outputs) const;

  /// True for inputs that run() changes in place: running statistics, optimizer state.
  virtual bool updates(std::size_t input) const;
  /// The input whose memory `output` may take over (same size, elementwise op), or -1.
  virtual int in_place_input(std::size_t output) const;
  /// True if backward should recompute the output with this op rather than keep it, because the
  /// output is a copy that is much larger than its source (upsampling).
  virtual bool cheap_to_recompute() const { return false; }
  /// An op that recomputes the first output, bit for bit, from some of this op's inputs and other
  /// outputs (normalisation with the saved statistics).
  struct Recompute {
    std::shared_ptr<const Op> op;  ///< takes first these inputs, then these outputs
    std::vector<std::size_t> inputs, outputs;
  };
  /// Not nullopt if backward should recompute the first output rather than keep it.
  virtual std::optional<Recompute> recompute() const { return std::nullopt; }
  /// False when no gradient flows through this op (argmax, counts, optimizer).
  virtual bool differentiable() const { return true; }
};

}  // namespace fpanet
