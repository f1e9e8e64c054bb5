#pragma once
// Describes convolutions to cuDNN as operation graphs: what to compute, not how.
//
// Tensors are NHWC. x, w and y (dx, dy) are f32 or bf16. dw, the bias and the two sums per channel
// for the statistics (of y, and of its square) are always f32, and so is every sum. cuDNN's engines
// pad channel counts themselves where they need to (conv2d_cudnn.cpp).
// Source: cuDNN developer guide, graph API; backend descriptor types in the backend API reference.

#include "engine/core/dtype.hpp"
#include "kernels/conv2d.hpp"
#include "kernels/cudnn/target.hpp"

namespace fpanet::kernels {

/// The problem for which a plan is chosen.
struct ConvolutionProblem {
  Conv2dPass pass = Conv2dPass::forward;
  Conv2dGeometry geometry{};
  DType dtype = DType::f32;
  Conv2dEpilogueParts epilogue = {};  ///< fused into the graph; forward only
  bool accumulate = false;            ///< adds to the previous values of the result; not forward

  bool operator==(const ConvolutionProblem&) const = default;
  /// "forward bf16 x=16,64,80,80 w=64,64,3,3 stride=1 padding=1 +bias+relu": unique, one line.
  std::string str() const;
};

/// Ids that bind the tensors of a graph to memory. Of the three tensors that the convolution
/// connects, `x` is (d)x, `w` is (d)w and `y` is (d)y.
enum ConvolutionTensor : std::int64_t {
  kTensorX = 1,
  kTensorW,
  kTensorY,
  kTensorBias,
  kTensorResidual,
  kTensorSum,
  kTensorSquareSum
};

/// The finalised operation graph of a problem.
CudnnDescriptor operation_graph(const ConvolutionProblem& problem, const CudnnTarget& target);

}  // namespace fpanet::kernels
