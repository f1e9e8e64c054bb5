#pragma once
// Chooses the engine of cuDNN for each convolution. The choice is measured once for every problem
// on this GPU, and then remembered for the rest of the run and, in a file, for the next.

#include <memory>
#include <unordered_map>

#include "engine/core/device.hpp"
#include "kernels/cudnn/plan_file.hpp"

namespace fpanet::kernels {

/// The plan that runs a problem.
struct PlannedConvolution {
  ConvolutionPlan plan;
  bool fused;        ///< false if one of our kernels computes the epilogue
  std::string name;  ///< "cudnn engine62", "cudnn engine45, epilogue apart"
};

/// There is one planner per CudaHandles. Choosing allocates, measures and waits for the GPU. It
/// happens when Plan asks for workspace bytes, long before anything runs or is captured.
///
/// With CudaHandles::deterministic nothing is measured, because times differ from run to run, and
/// with them the choices and the bits of the results. The first deterministic engine of the
/// heuristics is used.
class ConvolutionPlanner {
 public:
  /// The planner of a context. It is created on first use and lives as long as its handles.
  static ConvolutionPlanner& of(const Cuda& cuda);

  ConvolutionPlanner(const CudaHandles& handles, PlanFile file);

  /// Throws Error if cuDNN has no engine for the problem.
  const PlannedConvolution& find(const Cuda& cuda, const ConvolutionProblem& problem);

 private:
  struct Hash {
    std::size_t operator()(const ConvolutionProblem& problem) const;
  };
  /// A plan for the whole problem (fused) or only for its convolution.
  struct Candidate {
    ConvolutionPlan plan;
    bool fused;
  };

  PlannedConvolution choose(const Cuda& cuda, const ConvolutionProblem& problem);
  std::optional<Candidate> from_file(const ConvolutionProblem& problem) const;
  std::optional<Candidate> from_assigning_pass(const Cuda& cuda, const ConvolutionProblem& problem);
  std::vector<Candidate> candidates(const ConvolutionProblem& problem, std::size_t most) const;
  Candidate fastest(const Cuda& cuda, const ConvolutionProblem& problem);
  /// The problem together with the demands, on which a choice also depends.
  std::string key(const ConvolutionProblem& problem) const;

  CudnnTarget target_;
  EngineDemands demands_;
  PlanFile file_;
  std::unordered_map<ConvolutionProblem, PlannedConvolution, Hash> planned_;
};

}  // namespace fpanet::kernels
