#pragma once
// A forward convolution by a cuDNN plan, followed by our own kernels for the part of the epilogue
// that the plan does not compute.
//
// In the graph, statistics are a sum and a sum of squares of each channel in f32, whose variance
// has an error of about 2^-24 of mean^2 + variance. In bf16 that is small: the values, rounded to 8
// bits, already deviate from the exact ones by (2^-9 mean)^2 / 3 or more, which is twenty times as
// much. In f32 it would cost digits when a mean is far from 0. In f32, statistics are therefore
// computed by channel_statistics(), which is accurate to the last digits. The same holds with
// CudaHandles::deterministic, because cuDNN chooses the order of its sums.

#include <span>

#include "kernels/cudnn/plan.hpp"

namespace fpanet::kernels {

/// Whether the epilogue of the problem may be part of the graph.
bool can_fuse(const ConvolutionProblem& problem, EngineDemands demands);

/// Bytes of workspace for run_forward().
std::size_t forward_workspace_bytes(const Cuda& cuda, const ConvolutionProblem& problem,
                                    const ConvolutionPlan& plan, bool fused);

/// Runs conv2d() with a plan for the whole problem (fused) or only for its convolution.
template <class T>
void run_forward(const Cuda& cuda, const Conv2dGeometry& g, const ConvolutionPlan& plan, bool fused,
                 const T* x, const T* w, const Conv2dEpilogue<T>& epilogue, T* y,
                 std::span<std::byte> workspace);

}  // namespace fpanet::kernels
