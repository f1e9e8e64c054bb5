#pragma once
// From an operation graph to something that runs: cuDNN's engines, in the order in which its
// heuristics rank them, and the execution plan of one of them.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kernels/cudnn/graph.hpp"

namespace fpanet::kernels {

/// An engine of cuDNN and its settings (knobs: type and value). Enough to build its plan again,
/// with the same version of cuDNN on the same kind of GPU.
struct EngineChoice {
  std::int64_t engine = 0;
  std::vector<std::pair<std::int64_t, std::int64_t>> knobs = {};

  /// "engine7 2=1 5=0", and back; parse gives nothing for other text.
  std::string str() const;
  static std::optional<EngineChoice> parse(std::string_view text);
  bool operator==(const EngineChoice&) const = default;
};

/// Which arithmetic will do.
struct EngineDemands {
  bool deterministic = false;  ///< the same bits every time
  bool allow_tf32 = false;     ///< f32 products may round their factors to 10 bits
};

/// Engines that serve the graph and meet the demands, likely fastest first. Transformed arithmetic
/// (Winograd, FFT) and sums in less than f32 are never taken: products of small integers stay
/// exact.
std::vector<EngineChoice> ranked_engines(const CudnnDescriptor& graph, const CudnnTarget& target,
                                         DType dtype, EngineDemands demands);

/// Most tensors of a graph that runs.
inline constexpr std::size_t kMostTensors = 5;

class ConvolutionPlan {
 public:
  /// Nothing when the engine cannot serve this graph on this GPU.
  static std::optional<ConvolutionPlan> build(const CudnnDescriptor& graph,
                                              const CudnnTarget& target,
                                              const EngineChoice& choice);

  /// The plan that compiled_text() described; nothing when this cuDNN does not take it.
  static std::optional<ConvolutionPlan> load(const CudnnTarget& target, const EngineChoice& choice,
                                             const std::string& compiled_text);

  const EngineChoice& choice() const { return choice_; }
  /// cuDNN's own description, with the machine code, of a plan whose engine took compiling; else
  /// empty: the choice says all.
  std::string compiled_text() const;
  std::size_t workspace_bytes() const { return workspace_bytes_; }

  /// Memory of one tensor of the graph.
  struct Binding {
    ConvolutionTensor tensor;
    const void* memory;
  };
  /// Enqueues on the handle's stream. `workspace` holds workspace_bytes(), 16-byte aligned.
  void run(cudnnHandle_t handle, std::span<const Binding> bindings, void* workspace) const;

 private:
  ConvolutionPlan(CudnnDescriptor plan, EngineChoice choice, bool is_compiled);

  CudnnDescriptor plan_;
  EngineChoice choice_;
  bool is_compiled_;
  std::size_t workspace_bytes_;
};

}  // namespace fpanet::kernels
