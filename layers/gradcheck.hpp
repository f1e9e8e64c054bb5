#pragma once
// Runs the samples of the registry: forward, backward, and backward against central differences.

#include <memory>
#include <string>
#include <vector>

#include "layers/registry.hpp"

namespace fpanet {

/// A sample recorded (and in eager mode run) in a graph of its own.
struct SampleRun {
  std::unique_ptr<Graph> graph;
  std::vector<Value> inputs = {};
  std::vector<Value> outputs = {};
  /// Sum of all outputs times fixed weights; undefined where nothing is differentiable.
  Value loss = {};
};

/// Floating inputs become `dtype`. `uses` > 1 records the op that often on the same inputs.
SampleRun record_sample(const OpSample& sample, const Context& context, Graph::Mode mode,
                        DType dtype, int uses = 1);
/// The contents of one input in `dtype` (or in its own, if it keeps it; f32 for bf16 if it stays
/// real).
Tensor sample_tensor(const SampleInput& input, DType dtype);

/// What one sample's check found: the largest |analytic - numeric| / max(1, |numeric|) over all
/// entries of all variable inputs, in double.
struct GradcheckResult {
  std::string op;
  std::string sample;
  Index entries = 0;
  double error = 0;
  std::string where = {};  ///< "x[17]": the entry with the largest error
  bool ok = false;
};

inline constexpr double kGradcheckTolerance = 1e-6;

/// One result per sample; none for an op without a gradient.
std::vector<GradcheckResult> gradcheck(const OpRecord& record);

}  // namespace fpanet
