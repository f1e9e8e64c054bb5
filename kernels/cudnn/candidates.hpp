#pragma once
// The plans among which measuring chooses for a convolution. An engine of a fused graph is compiled
// when its plan is built, which takes about a second, so plans for a whole network are built by
// several threads.

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "kernels/cudnn/plan.hpp"

namespace fpanet::kernels {

/// A plan for the whole problem (fused) or only for its convolution.
struct PlanCandidate {
  ConvolutionPlan plan;
  bool fused;
};

/// Number of engines that are measured for one problem. The first engine of the heuristics is rarely
/// more than a few percent slower than the best.
inline constexpr std::size_t kMeasuredEngines = 8;

/// The problem without its epilogue, which a kernel of ours then computes.
ConvolutionProblem without_epilogue(ConvolutionProblem problem);

/// Whether the problem is the same as another but for a smaller batch.
bool is_part_of(const ConvolutionProblem& problem, const ConvolutionProblem& full);

/// At most `most` plans in the order of the heuristics: first of the fused graph, then of the plain
/// convolution.
std::vector<PlanCandidate> plan_candidates(const ConvolutionProblem& problem,
                                           const CudnnTarget& target, EngineDemands demands,
                                           std::size_t most);

/// The same for many problems, by one thread for each target. A handle must not be used by two
/// threads at once, so no two targets may share one. Every thread first calls begin(). A problem whose
/// plans cannot be built has no candidates here: plan_candidates() then says why.
std::vector<std::vector<PlanCandidate>> plan_candidates_of_all(
    std::span<const ConvolutionProblem> problems, std::span<const CudnnTarget> targets,
    EngineDemands demands, std::size_t most, const std::function<void()>& begin);

}  // namespace fpanet::kernels
