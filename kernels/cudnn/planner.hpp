#pragma once
// Chooses the engine of cuDNN for each convolution. The choice is measured once for every problem
// on this GPU, and then remembered for the rest of the run and, in a file, for the next.

#include <memory>
#include <unordered_map>
#include <vector>

#include "engine/core/device.hpp"
#include "kernels/cudnn/candidates.hpp"
#include "kernels/cudnn/plan_file.hpp"

namespace fpanet::kernels {

/// The plan that runs a problem.
struct PlannedConvolution {
  ConvolutionPlan plan;
  bool fused;        ///< false if one of our kernels computes the epilogue
  std::string name;  ///< "cudnn engine62", "cudnn engine45, epilogue apart"
};

/// There is one planner per CudaHandles. Choosing allocates, measures and waits for the GPU. It
/// happens when Plan asks for workspace bytes, long before anything runs or is captured. Plan first
/// announces all problems of its program, so that their plans are built by all processors.
///
/// A problem that differs from one that is planned only by a smaller batch is that of a partial
/// batch, which runs once an epoch: it takes the heuristics' first engine of the plain convolution,
/// and nothing is compiled or measured for it.
///
/// With CudaHandles::deterministic nothing is measured, because times differ from run to run, and
/// with them the choices and the bits of the results. The first deterministic engine of the
/// heuristics is used, for partial batches as for full ones.
class ConvolutionPlanner {
 public:
  /// The planner of a context. It is created on first use and lives as long as its handles.
  static ConvolutionPlanner& of(const Cuda& cuda);

  ConvolutionPlanner(const CudaHandles& handles, PlanFile file);
  ConvolutionPlanner(const ConvolutionPlanner&) = delete;
  ConvolutionPlanner& operator=(const ConvolutionPlanner&) = delete;
  ~ConvolutionPlanner();

  /// Says that find() will be called for the problem. The next find() that has to choose first builds
  /// the plans of all announced problems.
  void announce(const ConvolutionProblem& problem);
  /// Throws Error if cuDNN has no engine for the problem.
  const PlannedConvolution& find(const Cuda& cuda, const ConvolutionProblem& problem);

 private:
  struct Hash {
    std::size_t operator()(const ConvolutionProblem& problem) const;
  };
  template <class V>
  using PerProblem = std::unordered_map<ConvolutionProblem, V, Hash>;
  /// cuDNN handles for threads that build plans. The plans may refer to them.
  class Builders;

  PlannedConvolution choose(const Cuda& cuda, const ConvolutionProblem& problem);
  std::optional<PlanCandidate> from_file(const ConvolutionProblem& problem) const;
  std::optional<PlanCandidate> from_assigning_pass(const Cuda& cuda,
                                                   const ConvolutionProblem& problem);
  /// Whether the problem takes the heuristics' first engine because a larger batch is planned.
  bool is_partial_batch(const ConvolutionProblem& problem) const;
  std::optional<PlanCandidate> for_partial_batch(const ConvolutionProblem& problem) const;
  void build_announced();
  PlanCandidate fastest(const Cuda& cuda, const ConvolutionProblem& problem);
  /// Nothing if all of them fail.
  std::optional<PlanCandidate> fastest_of(const Cuda& cuda, const ConvolutionProblem& problem,
                                          std::vector<PlanCandidate> tried);
  std::size_t most_candidates() const { return demands_.deterministic ? 1 : kMeasuredEngines; }
  /// The problem together with the demands, on which a choice also depends.
  std::string key(const ConvolutionProblem& problem) const;
  void finish_report();

  /// What choosing took since the last message about it.
  struct Report {
    std::size_t problems = 0, threads = 1;
    double building = 0, measuring = 0;  ///< seconds
  };

  int index_;
  CudnnTarget target_;
  EngineDemands demands_;
  PlanFile file_;
  std::unique_ptr<Builders> builders_;
  std::vector<ConvolutionProblem> announced_;
  PerProblem<std::vector<PlanCandidate>> built_;  ///< not yet measured
  PerProblem<PlannedConvolution> planned_;
  Report report_;
};

}  // namespace fpanet::kernels
