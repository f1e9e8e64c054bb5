#pragma once
// Convolutions written down for cuDNN as operation graphs: what is to be computed, not how.
//
// Tensors are NHWC; x, w, y (dx, dy) are f32 or bf16, dw, the bias and the two sums of a channel that
// stand for its statistics (of y, and of its square) always f32; every sum is kept in f32. Channel counts are those of memory: conv2d pads them beforehand (see cudnn_conv2d.hpp).
// Source: cuDNN developer guide, graph API; backend descriptor types in the backend API reference.

#include "engine/core/dtype.hpp"
#include "kernels/conv2d.hpp"
#include "kernels/cudnn/target.hpp"

namespace fpanet::kernels {

/// What a plan is chosen for.
struct ConvolutionProblem {
  Conv2dPass pass = Conv2dPass::forward;
  Conv2dGeometry geometry{};
  DType dtype = DType::f32;
  Conv2dEpilogueParts epilogue = {};  ///< fused into the graph; forward only
  bool accumulate = false;            ///< the result is added to what is there; not forward

  bool operator==(const ConvolutionProblem&) const = default;
  /// "forward bf16 x=16,64,80,80 w=64,64,3,3 stride=1 padding=1 +bias+relu": unique, one line.
  std::string str() const;
};

/// Ids under which the tensors of a graph get their memory. Of the three that the convolution
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
