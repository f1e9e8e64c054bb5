#pragma once
// A forward convolution by a plan of cuDNN's, and by kernels of ours what the plan leaves undone of
// its epilogue.
//
// Statistics in the graph are a sum and a sum of squares of each channel in f32: what is lost of
// the variance is about 2^-24 of mean^2 + variance. In bf16 that is little: the values themselves,
// rounded to 8 bits, scatter by (2^-9 mean)^2 / 3 or more around what they stand for, which is
// twenty times as much. In f32 it would be the digits of a mean far from 0, so statistics are then
// taken by channel_statistics(), which has them to the last; and with handles->deterministic,
// because the order of those sums is cuDNN's.

#include <span>

#include "kernels/cudnn/plan.hpp"

namespace fpanet::kernels {

/// Whether a graph may hold the epilogue of the problem.
bool can_fuse(const ConvolutionProblem& problem, EngineDemands demands);

/// Scratch bytes of run_forward().
std::size_t forward_workspace_bytes(const Cuda& cuda, const ConvolutionProblem& problem,
                                    const ConvolutionPlan& plan, bool fused);

/// conv2d() by a plan for the problem as it stands (fused) or for its convolution alone.
template <class T>
void run_forward(const Cuda& cuda, const Conv2dGeometry& g, const ConvolutionPlan& plan, bool fused,
                 const T* x, const T* w, const Conv2dEpilogue<T>& epilogue, T* y,
                 std::span<std::byte> workspace);

}  // namespace fpanet::kernels
