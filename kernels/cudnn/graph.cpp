#include "kernels/cudnn/graph.hpp"

#include <fmt/core.h>

#include <array>
#include <optional>

namespace fpanet::kernels {
namespace {

using Dimensions = std::array<std::int64_t, 4>;

cudnnDataType_t data_type(DType dtype) {
  return dtype == DType::bf16 ? CUDNN_DATA_BFLOAT16 : CUDNN_DATA_FLOAT;
}

/// Alignment in bytes. Every tensor of a program starts at a multiple of 32 bytes, and kernels load
/// vectors of 16 bytes.
constexpr std::int64_t kAlignment = 16;

/// Dimensions are given as (N,C,H,W), and stored in the order N,H,W,C. A virtual tensor exists only
/// between two operations.
CudnnDescriptor tensor(std::int64_t id, DType dtype, const Dimensions& d, bool is_virtual = false) {
  const Dimensions strides{d[1] * d[2] * d[3], 1, d[1] * d[3], d[1]};
  CudnnDescriptor tensor(CUDNN_BACKEND_TENSOR_DESCRIPTOR);
  tensor.set(CUDNN_ATTR_TENSOR_UNIQUE_ID, id)
      .set(CUDNN_ATTR_TENSOR_DATA_TYPE, data_type(dtype))
      .set(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, kAlignment)
      .set_list(CUDNN_ATTR_TENSOR_DIMENSIONS, d)
      .set_list(CUDNN_ATTR_TENSOR_STRIDES, strides)
      .set(CUDNN_ATTR_TENSOR_IS_VIRTUAL, is_virtual)
      .finalize();
  return tensor;
}

CudnnDescriptor convolution(const Conv2dGeometry& g) {
  using Pair = std::array<std::int64_t, 2>;
  CudnnDescriptor convolution(CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR);
  convolution.set(CUDNN_ATTR_CONVOLUTION_COMP_TYPE, CUDNN_DATA_FLOAT)
      .set(CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_CROSS_CORRELATION)
      .set(CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, std::int64_t{2})
      .set_list(CUDNN_ATTR_CONVOLUTION_DILATIONS, Pair{1, 1})
      .set_list(CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, Pair{g.stride, g.stride})
      .set_list(CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, Pair{g.padding, g.padding})
      .set_list(CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, Pair{g.padding, g.padding})
      .finalize();
  return convolution;
}

/// The names of the operation and of the attributes of one pass.
struct PassNames {
  cudnnBackendDescriptorType_t operation;
  cudnnBackendAttributeName_t x, w, y, convolution, alpha, beta;
};

PassNames names_of(Conv2dPass pass) {
  switch (pass) {
    case Conv2dPass::forward:
      return {CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR,
              CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X,
              CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W,
              CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y,
              CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC,
              CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA,
              CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA};
    case Conv2dPass::backward_input:
      return {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA};
    case Conv2dPass::backward_weight:
      break;
  }
  return {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR,
          CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X,
          CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW,
          CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY,
          CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC,
          CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA,
          CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA};
}

/// The chain of pointwise operations of an epilogue, on f32 values that are never stored in memory.
class Epilogue {
 public:
  Epilogue(const ConvolutionProblem& problem, const Dimensions& y)
      : problem_(problem), y_(y), rest_(problem.epilogue) {
    rest_.statistics = false;
  }

  /// Output of the next operation: y itself for the last one.
  CudnnDescriptor next_output() {
    if (!rest_.any()) return tensor(kTensorY, problem_.dtype, y_);
    return tensor(virtual_id_++, DType::f32, y_, true);
  }

  void append_to(std::vector<CudnnDescriptor>& operations, CudnnDescriptor value) {
    if (std::exchange(rest_.bias, false)) {
      value = append(operations, CUDNN_POINTWISE_ADD, std::move(value),
                     tensor(kTensorBias, DType::f32, {1, y_[1], 1, 1}));
    }
    if (std::exchange(rest_.residual, false)) {
      value = append(operations, CUDNN_POINTWISE_ADD, std::move(value),
                     tensor(kTensorResidual, problem_.dtype, y_));
    }
    if (std::exchange(rest_.relu, false)) {
      append(operations, CUDNN_POINTWISE_RELU_FWD, std::move(value), std::nullopt);
    }
  }

 private:
  CudnnDescriptor append(std::vector<CudnnDescriptor>& operations, cudnnPointwiseMode_t mode,
                         CudnnDescriptor x, const std::optional<CudnnDescriptor>& b) {
    CudnnDescriptor pointwise(CUDNN_BACKEND_POINTWISE_DESCRIPTOR);
    pointwise.set(CUDNN_ATTR_POINTWISE_MODE, mode)
        .set(CUDNN_ATTR_POINTWISE_MATH_PREC, CUDNN_DATA_FLOAT)
        .finalize();
    CudnnDescriptor output = next_output();
    CudnnDescriptor operation(CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR);
    operation.set(CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR, pointwise)
        .set(CUDNN_ATTR_OPERATION_POINTWISE_XDESC, x);
    if (b) operation.set(CUDNN_ATTR_OPERATION_POINTWISE_BDESC, *b);
    operation.set(CUDNN_ATTR_OPERATION_POINTWISE_YDESC, output).finalize();
    operations.push_back(std::move(operation));
    return output;
  }

  const ConvolutionProblem& problem_;
  Dimensions y_;
  Conv2dEpilogueParts rest_;
  std::int64_t virtual_id_ = 100;
};

/// Sums of y and of its square over the pixels of each channel.
CudnnDescriptor channel_sums(const CudnnDescriptor& y, Index channels) {
  const Dimensions per_channel{1, channels, 1, 1};
  CudnnDescriptor operation(CUDNN_BACKEND_OPERATION_GEN_STATS_DESCRIPTOR);
  operation.set(CUDNN_ATTR_OPERATION_GENSTATS_MODE, CUDNN_GENSTATS_SUM_SQSUM)
      .set(CUDNN_ATTR_OPERATION_GENSTATS_MATH_PREC, CUDNN_DATA_FLOAT)
      .set(CUDNN_ATTR_OPERATION_GENSTATS_XDESC, y)
      .set(CUDNN_ATTR_OPERATION_GENSTATS_SUMDESC, tensor(kTensorSum, DType::f32, per_channel))
      .set(CUDNN_ATTR_OPERATION_GENSTATS_SQSUMDESC,
           tensor(kTensorSquareSum, DType::f32, per_channel))
      .finalize();
  return operation;
}

std::string_view name_of(Conv2dPass pass) {
  switch (pass) {
    case Conv2dPass::forward:
      return "forward";
    case Conv2dPass::backward_input:
      return "backward_input";
    case Conv2dPass::backward_weight:
      break;
  }
  return "backward_weight";
}

}  // namespace

std::string ConvolutionProblem::str() const {
  const Conv2dGeometry& g = geometry;
  return fmt::format("{} {} x={},{},{},{} w={},{},{},{} stride={} padding={}{}{}{}{}{}",
                     name_of(pass), fpanet::name_of(dtype), g.n, g.c_in, g.h, g.w, g.c_out, g.c_in,
                     g.kernel_h, g.kernel_w, g.stride, g.padding, epilogue.bias ? " +bias" : "",
                     epilogue.residual ? " +residual" : "", epilogue.relu ? " +relu" : "",
                     epilogue.statistics ? " +statistics" : "", accumulate ? " accumulate" : "");
}

CudnnDescriptor operation_graph(const ConvolutionProblem& problem, const CudnnTarget& target) {
  const Conv2dGeometry& g = problem.geometry;
  const PassNames names = names_of(problem.pass);
  const Dimensions y{g.n, g.c_out, g.out_h(), g.out_w()};
  Epilogue epilogue(problem, y);

  CudnnDescriptor result = epilogue.next_output();
  CudnnDescriptor operation(names.operation);
  operation.set(names.x, tensor(kTensorX, problem.dtype, {g.n, g.c_in, g.h, g.w}))
      .set(names.w, tensor(kTensorW, problem.dtype, {g.c_out, g.c_in, g.kernel_h, g.kernel_w}))
      .set(names.y, result)
      .set(names.convolution, convolution(g))
      .set(names.alpha, 1.F)
      .set(names.beta, problem.accumulate ? 1.F : 0.F)
      .finalize();
  std::vector<CudnnDescriptor> operations;
  operations.push_back(std::move(operation));
  if (problem.epilogue.statistics) operations.push_back(channel_sums(result, g.c_out));
  epilogue.append_to(operations, std::move(result));

  CudnnDescriptor graph(CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR);
  target.attach_to_graph(graph);
  graph.set_list(CUDNN_ATTR_OPERATIONGRAPH_OPS, operations).finalize();
  return graph;
}

}  // namespace fpanet::kernels
