#pragma once
// Turns an operation graph into something executable: cuDNN's engines in the order in which its
// heuristics rank them, and the execution plan of one engine.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kernels/cudnn/graph.hpp"

namespace fpanet::kernels {

/// An engine of cuDNN and its settings (knobs: type and value). This is enough to rebuild its plan
/// with the same version of cuDNN on the same kind of GPU.
struct EngineChoice {
  std::int64_t engine = 0;
  std::vector<std::pair<std::int64_t, std::int64_t>> knobs = {};

  /// The text form "engine7 2=1 5=0", and its inverse; parse returns nothing for any other text.
  std::string str() const;
  static std::optional<EngineChoice> parse(std::string_view text);
  bool operator==(const EngineChoice&) const = default;
};

/// Requirements on the arithmetic.
struct EngineDemands {
  bool deterministic = false;  ///< the same bits every time
  bool allow_tf32 = false;     ///< f32 products may round their factors to 10 mantissa bits
};

/// Engines that support the graph and meet the demands, in order of expected speed. Transformed
/// arithmetic (Winograd, FFT) and sums in less than f32 are never used: products of small integers
/// stay exact.
std::vector<EngineChoice> ranked_engines(const CudnnDescriptor& graph, const CudnnTarget& target,
                                         DType dtype, EngineDemands demands);

/// Maximum number of tensors of a graph.
inline constexpr std::size_t kMostTensors = 5;

class ConvolutionPlan {
 public:
  /// Returns nothing if the engine does not support this graph on this GPU.
  static std::optional<ConvolutionPlan> build(const CudnnDescriptor& graph,
                                              const CudnnTarget& target,
                                              const EngineChoice& choice);

  /// Loads the plan that compiled_text() describes; returns nothing if this cuDNN does not accept
  /// it.
  static std::optional<ConvolutionPlan> load(const CudnnTarget& target, const EngineChoice& choice,
                                             const std::string& compiled_text);

  const EngineChoice& choice() const { return choice_; }
  /// cuDNN's serialised plan, with the machine code, if the engine had to be compiled. Otherwise
  /// empty, as it is if cuDNN cannot write it: the choice is then enough to rebuild the plan.
  std::string compiled_text() const;
  std::size_t workspace_bytes() const { return workspace_bytes_; }

  /// The memory of one tensor of the graph.
  struct Binding {
    ConvolutionTensor tensor;
    const void* memory;
  };
  /// Enqueues the plan on the handle's stream. `workspace` has workspace_bytes() bytes, aligned to
  /// 16 bytes.
  void run(cudnnHandle_t handle, std::span<const Binding> bindings, void* workspace) const;

 private:
  ConvolutionPlan(CudnnDescriptor plan, EngineChoice choice, bool is_compiled);

  CudnnDescriptor plan_;
  EngineChoice choice_;
  bool is_compiled_;
  std::size_t workspace_bytes_;
};

}  // namespace fpanet::kernels
