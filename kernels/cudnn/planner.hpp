#pragma once
// Which engine of cuDNN runs which convolution: measured once for every problem on this GPU, then
// remembered for the run and, in a file, for the next.

#include <memory>
#include <unordered_map>

#include "engine/core/device.hpp"
#include "kernels/cudnn/plan_file.hpp"

namespace fpanet::kernels {

/// What runs a problem.
struct PlannedConvolution {
  ConvolutionPlan plan;
  bool fused;        ///< false: the plan leaves the epilogue to a kernel of ours
  std::string name;  ///< "cudnn engine62", "cudnn engine45, epilogue apart"
};

/// One per CudaHandles. Choosing allocates, measures and waits for the GPU; Plan's question for
/// workspace bytes is what makes it happen, long before anything runs or is captured.
///
/// With handles->deterministic nothing is measured, as times (and with them choices, and with them
/// bits) differ from run to run: the heuristics' first deterministic engine runs.
class ConvolutionPlanner {
 public:
  /// The planner of a context, made on first use; lives as long as its handles.
  static ConvolutionPlanner& of(const Cuda& cuda);

  ConvolutionPlanner(const CudaHandles& handles, PlanFile file);

  /// Throws Error when cuDNN has no engine for the problem.
  const PlannedConvolution& find(const Cuda& cuda, const ConvolutionProblem& problem);

 private:
  struct Hash {
    std::size_t operator()(const ConvolutionProblem& problem) const;
  };
  /// A plan for the problem as it stands (fused) or for its convolution alone.
  struct Candidate {
    ConvolutionPlan plan;
    bool fused;
  };

  PlannedConvolution choose(const Cuda& cuda, const ConvolutionProblem& problem);
  std::optional<Candidate> from_file(const ConvolutionProblem& problem) const;
  std::optional<Candidate> from_twin(const Cuda& cuda, const ConvolutionProblem& problem);
  std::vector<Candidate> candidates(const ConvolutionProblem& problem, std::size_t most) const;
  Candidate fastest(const Cuda& cuda, const ConvolutionProblem& problem);
  /// `problem` with the demands, which a choice depends on, too.
  std::string key(const ConvolutionProblem& problem) const;

  CudnnTarget target_;
  EngineDemands demands_;
  PlanFile file_;
  std::unordered_map<ConvolutionProblem, PlannedConvolution, Hash> planned_;
};

}  // namespace fpanet::kernels
