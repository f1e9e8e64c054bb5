// Cuda implementation of conv2d.hpp: runs cuDNN's plans and computes the little that cuDNN leaves
// undone.
//
// Channel counts that are not a multiple of a vector (3 channels of an image, 7 classes) need no
// special treatment here: cuDNN's tensor-core engines pad them in their workspace.

#include "engine/core/cuda_handles.hpp"
#include "kernels/base/scratch.hpp"
#include "kernels/bias_add.hpp"
#include "kernels/conv2d/finish.hpp"
#include "kernels/conv2d/instances.hpp"
#include "kernels/cudnn/forward.hpp"
#include "kernels/cudnn/planner.hpp"

namespace fpanet::kernels {
namespace {

template <class T>
constexpr bool kRoundsWeightGradient = !std::is_same_v<T, Real<T>>;

/// The problem that cuDNN solves for a gradient of the weight. A bf16 gradient goes to scratch
/// memory and is therefore never accumulated by cuDNN.
template <class T>
ConvolutionProblem weight_problem(const Conv2dGeometry& g, Write write) {
  const bool accumulate = write == Write::accumulate && !kRoundsWeightGradient<T>;
  return {Conv2dPass::backward_weight, g, dtype_v<T>, {}, accumulate};
}

template <class T>
ConvolutionProblem input_problem(const Conv2dGeometry& g, Write write) {
  return {Conv2dPass::backward_input, g, dtype_v<T>, {}, write == Write::accumulate};
}

const PlannedConvolution& planned_for(const Cuda& cuda, const ConvolutionProblem& problem) {
  return ConvolutionPlanner::of(cuda).find(cuda, problem);
}

std::size_t scratch_of(const PlannedConvolution& planned) {
  return kScratchAlignment + scratch_bytes<std::byte>(Index(planned.plan.workspace_bytes()));
}

void run(const Cuda& cuda, const PlannedConvolution& planned,
         std::span<const ConvolutionPlan::Binding> bindings, Scratch& scratch) {
  planned.plan.run(cuda.handles->dnn, bindings,
                   scratch.take<std::byte>(Index(planned.plan.workspace_bytes())));
}

}  // namespace

std::string_view conv2d_implementation(const Cuda& cuda, Conv2dPass pass, const Conv2dGeometry& g,
                                       DType dtype, Conv2dEpilogueParts epilogue) {
  return planned_for(cuda, {pass, g, dtype, epilogue, false}).name;
}

void conv2d_announce(const Cuda& cuda, Conv2dPass pass, const Conv2dGeometry& g, DType dtype,
                     Conv2dEpilogueParts epilogue) {
  ConvolutionPlanner::of(cuda).announce({pass, g, dtype, epilogue, false});
}

template <class T>
void conv2d(const Cuda& cuda, const Conv2dGeometry& g, const T* x, const T* w,
            const Conv2dEpilogue<T>& epilogue, T* y, std::span<std::byte> workspace) {
  const ConvolutionProblem problem{Conv2dPass::forward, g, dtype_v<T>, epilogue.parts(), false};
  const PlannedConvolution& planned = planned_for(cuda, problem);
  run_forward<T>(cuda, g, planned.plan, planned.fused, x, w, epilogue, y, workspace);
}

template <class T>
void conv2d_backward_input(const Cuda& cuda, const Conv2dGeometry& g, const T* dy, const T* w,
                           T* dx, Write write, std::span<std::byte> workspace) {
  const ConvolutionProblem problem = input_problem<T>(g, write);
  const PlannedConvolution& planned = planned_for(cuda, problem);
  Scratch scratch(workspace);
  const std::array<ConvolutionPlan::Binding, 3> bindings{
      {{kTensorX, dx}, {kTensorW, w}, {kTensorY, dy}}};
  run(cuda, planned, bindings, scratch);
}

template <class T>
void conv2d_backward_weight(const Cuda& cuda, const Conv2dGeometry& g, const T* x, const T* dy,
                            Real<T>* dw, Write write, std::span<std::byte> workspace) {
  const ConvolutionProblem problem = weight_problem<T>(g, write);
  const PlannedConvolution& planned = planned_for(cuda, problem);
  Scratch scratch(workspace);
  const Index size = g.weight_numel();
  if constexpr (kRoundsWeightGradient<T>) {
    T* const rounded = scratch.take<T>(size);
    const std::array<ConvolutionPlan::Binding, 3> bindings{
        {{kTensorX, x}, {kTensorW, rounded}, {kTensorY, dy}}};
    run(cuda, planned, bindings, scratch);
    widen_weight_gradient(cuda, {rounded, static_cast<std::size_t>(size)},
                          {dw, static_cast<std::size_t>(size)}, write);
  } else {
    const std::array<ConvolutionPlan::Binding, 3> bindings{
        {{kTensorX, x}, {kTensorW, dw}, {kTensorY, dy}}};
    run(cuda, planned, bindings, scratch);
  }
}

template <class T>
void conv2d_backward_bias(const Cuda& cuda, const Conv2dGeometry& g, const T* dy, Real<T>* db,
                          Write write, std::span<std::byte> workspace) {
  bias_gradient<T>(cuda, {dy, 1, g.output_pixels(), g.c_out}, db, write, workspace);
}

template <class T>
std::size_t conv2d_workspace_bytes(const Cuda& cuda, const Conv2dGeometry& g,
                                   Conv2dEpilogueParts epilogue) {
  const ConvolutionProblem problem{Conv2dPass::forward, g, dtype_v<T>, epilogue, false};
  const PlannedConvolution& planned = planned_for(cuda, problem);
  return forward_workspace_bytes(cuda, problem, planned.plan, planned.fused);
}

template <class T>
std::size_t conv2d_backward_input_workspace_bytes(const Cuda& cuda, const Conv2dGeometry& g) {
  return std::max(scratch_of(planned_for(cuda, input_problem<T>(g, Write::assign))),
                  scratch_of(planned_for(cuda, input_problem<T>(g, Write::accumulate))));
}

template <class T>
std::size_t conv2d_backward_weight_workspace_bytes(const Cuda& cuda, const Conv2dGeometry& g) {
  const std::size_t rounded = kRoundsWeightGradient<T> ? scratch_bytes<T>(g.weight_numel()) : 0;
  return rounded + std::max(scratch_of(planned_for(cuda, weight_problem<T>(g, Write::assign))),
                            scratch_of(planned_for(cuda, weight_problem<T>(g, Write::accumulate))));
}

template <class T>
std::size_t conv2d_backward_bias_workspace_bytes(const Cuda& cuda, const Conv2dGeometry& g) {
  return bias_gradient_workspace_bytes<T>(cuda, g.output_pixels(), g.c_out);
}

FPANET_INSTANTIATE_CONV2D(Cuda, float);
FPANET_INSTANTIATE_CONV2D(Cuda, bfloat16);

}  // namespace fpanet::kernels
