#include "kernels/cudnn/candidates.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <thread>

#include "kernels/cudnn/forward.hpp"

namespace fpanet::kernels {
namespace {

/// Number of engines of a fused graph among those that are measured, because each has to be compiled.
constexpr std::size_t kMeasuredFused = 1;
/// Engines that need more workspace than this are not used.
constexpr std::size_t kMostWorkspace = std::size_t{512} << 20;

}  // namespace

ConvolutionProblem without_epilogue(ConvolutionProblem problem) {
  problem.epilogue = {};
  return problem;
}

bool is_part_of(const ConvolutionProblem& problem, const ConvolutionProblem& full) {
  if (problem.geometry.n >= full.geometry.n) return false;
  ConvolutionProblem enlarged = problem;
  enlarged.geometry.n = full.geometry.n;
  return enlarged == full;
}

std::vector<PlanCandidate> plan_candidates(const ConvolutionProblem& problem,
                                           const CudnnTarget& target, EngineDemands demands,
                                           std::size_t most) {
  std::vector<PlanCandidate> found;
  const auto add = [&](const ConvolutionProblem& graph_of, std::size_t count, bool fused) {
    const CudnnDescriptor graph = operation_graph(graph_of, target);
    for (const EngineChoice& choice : ranked_engines(graph, target, problem.dtype, demands)) {
      if (count == 0) break;
      auto plan = ConvolutionPlan::build(graph, target, choice);
      if (!plan || plan->workspace_bytes() > kMostWorkspace) continue;
      found.push_back({std::move(*plan), fused});
      --count;
    }
  };
  if (!problem.epilogue.any()) {
    add(problem, most, true);
    return found;
  }
  if (can_fuse(problem, demands)) add(problem, std::min(most, kMeasuredFused), true);
  if (found.size() < most) add(without_epilogue(problem), most - found.size(), false);
  return found;
}

std::vector<std::vector<PlanCandidate>> plan_candidates_of_all(
    std::span<const ConvolutionProblem> problems, std::span<const CudnnTarget> targets,
    EngineDemands demands, std::size_t most, const std::function<void()>& begin) {
  std::vector<std::vector<PlanCandidate>> found(problems.size());
  std::atomic<std::size_t> next = 0;
  const auto work = [&](const CudnnTarget& target) {
    try {
      begin();
    } catch (const std::exception&) {
      return;  // the other threads, or the caller, do its part
    }
    for (std::size_t i = next++; i < problems.size(); i = next++) {
      try {
        found[i] = plan_candidates(problems[i], target, demands, most);
      } catch (const std::exception&) {
        found[i].clear();
      }
    }
  };
  std::vector<std::thread> threads;
  for (const CudnnTarget& target : targets) threads.emplace_back(work, std::cref(target));
  for (std::thread& thread : threads) thread.join();
  return found;
}

}  // namespace fpanet::kernels
