#pragma once
// Runs the samples of the registry forward and backward, and checks backward against central
// differences.

#include <memory>
#include <string>
#include <vector>

#include "layers/registry.hpp"

namespace fpanet {

/// A sample that has been recorded, and in eager mode run, in its own graph.
struct SampleRun {
  std::unique_ptr<Graph> graph;
  std::vector<Value> inputs = {};
  std::vector<Value> outputs = {};
  /// The sum of all outputs times fixed weights. Undefined if nothing is differentiable.
  Value loss = {};
};

/// Records a sample with its floating inputs converted to `dtype`. `uses` is how often the op is
/// recorded on the same inputs.
SampleRun record_sample(const OpSample& sample, const Context& context, Graph::Mode mode,
                        DType dtype, int uses = 1);
/// The contents of one input in `dtype`, or in its own dtype if it keeps that. If `dtype` is bf16,
/// an input that stays real is f32.
Tensor sample_tensor(const SampleInput& input, DType dtype);

/// The result for one sample, in double. `error` is the largest |analytic - numeric| /
/// max(1, |numeric|) over all entries of all variable inputs.
struct GradcheckResult {
  std::string op;
  std::string sample;
  Index entries = 0;
  double error = 0;
  std::string where = {};            ///< "x[17]": the entry with the largest error
  double analytic = 0, numeric = 0;  ///< its gradient by backward and by central differences
  bool ok = false;
};

inline constexpr double kGradcheckTolerance = 1e-6;
/// The h of (f(x+h) - f(x-h)) / 2h. Its error falls with h^2 until that of rounding, which grows with
/// 1/h, is larger.
inline constexpr double kGradcheckStep = 1e-5;

/// One result per sample; none for an op without a gradient.
std::vector<GradcheckResult> gradcheck(const OpRecord& record, double step = kGradcheckStep);

}  // namespace fpanet
