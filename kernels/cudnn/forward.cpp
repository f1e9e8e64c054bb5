#include "kernels/cudnn/forward.hpp"

#include <array>

#include "engine/core/cuda_check.hpp"
#include "engine/core/cuda_handles.hpp"
#include "kernels/base/scratch.hpp"
#include "kernels/channel_statistics.hpp"
#include "kernels/conv2d/finish.hpp"

namespace fpanet::kernels {
namespace {

template <class T>
std::size_t statistics_bytes(const Cuda& cuda, const Conv2dGeometry& g) {
  return channel_statistics_workspace_bytes<T>(cuda, g.output_pixels(), g.c_out);
}

}  // namespace

bool can_fuse(const ConvolutionProblem& problem, EngineDemands demands) {
  if (!problem.epilogue.statistics) return true;
  return problem.dtype == DType::bf16 && !demands.deterministic;
}

std::size_t forward_workspace_bytes(const Cuda& cuda, const ConvolutionProblem& problem,
                                    const ConvolutionPlan& plan, bool fused) {
  const Conv2dGeometry& g = problem.geometry;
  const std::size_t own =
      kScratchAlignment + scratch_bytes<std::byte>(static_cast<Index>(plan.workspace_bytes()));
  if (!problem.epilogue.statistics) return own;
  if (fused) return own + 2 * scratch_bytes<float>(g.c_out);
  return own + (problem.dtype == DType::bf16 ? statistics_bytes<bfloat16>(cuda, g)
                                             : statistics_bytes<float>(cuda, g));
}

template <class T>
void run_forward(const Cuda& cuda, const Conv2dGeometry& g, const ConvolutionPlan& plan, bool fused,
                 const T* x, const T* w, const Conv2dEpilogue<T>& epilogue, T* y,
                 std::span<std::byte> workspace) {
  Scratch scratch(workspace);
  auto* const own = scratch.take<std::byte>(static_cast<Index>(plan.workspace_bytes()));
  std::array<ConvolutionPlan::Binding, kMostTensors> bindings{
      {{kTensorX, x}, {kTensorW, w}, {kTensorY, y}}};
  std::size_t count = 3;
  float *sums = nullptr, *square_sums = nullptr;
  if (fused) {
    if (epilogue.bias) bindings[count++] = {kTensorBias, epilogue.bias};
    if (epilogue.residual) bindings[count++] = {kTensorResidual, epilogue.residual};
    if (epilogue.statistics) {
      const std::size_t bytes = scratch_bytes<float>(g.c_out);
      sums = scratch.take<float>(g.c_out);
      square_sums = scratch.take<float>(g.c_out);
      // An engine may add to the sums: cuDNN does not guarantee that it overwrites them.
      FPANET_CUDA_CHECK(cudaMemsetAsync(sums, 0, 2 * bytes, cuda.handles->stream));
      bindings[count++] = {kTensorSum, sums};
      bindings[count++] = {kTensorSquareSum, square_sums};
    }
  }
  plan.run(cuda.handles->dnn, std::span(bindings).first(count), own);
  if (epilogue.statistics == nullptr) {
    if (!fused) conv2d_epilogue<T>(cuda, epilogue, {y, 1, g.output_pixels(), g.c_out});
  } else if (fused) {
    statistics_of_sums(cuda, sums, square_sums, g.output_pixels(), g.c_out, epilogue.statistics);
  } else {
    channel_statistics<T>(cuda, {y, g.n, g.c_out, g.out_h(), g.out_w()}, epilogue.statistics,
                          scratch.rest());
  }
}

template void run_forward(const Cuda&, const Conv2dGeometry&, const ConvolutionPlan&, bool,
                          const float*, const float*, const Conv2dEpilogue<float>&, float*,
                          std::span<std::byte>);
template void run_forward(const Cuda&, const Conv2dGeometry&, const ConvolutionPlan&, bool,
                          const bfloat16*, const bfloat16*, const Conv2dEpilogue<bfloat16>&,
                          bfloat16*, std::span<std::byte>);

}  // namespace fpanet::kernels
