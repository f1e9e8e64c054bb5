#pragma once
// Selects the kernel overload for a node's run-time context and dtype.

#include "engine/core/error.hpp"
#include "engine/core/tensor_view.hpp"
#include "engine/graph/op.hpp"
#include "kernels/base/body.hpp"

namespace fpanet {

template <class T>
struct Type {};

/// Calls f(cpu, Type<T>{}) with T = float, double or bfloat16.
template <class F>
auto dispatch(std::string_view op, const Cpu& cpu, DType dtype, F&& f) {
  if (dtype == DType::f64) return f(cpu, Type<double>{});
  if (dtype == DType::bf16) return f(cpu, Type<bfloat16>{});
  require(dtype == DType::f32, "{}: {} does not run on the CPU; use f32, f64 or bf16", op,
          name_of(dtype));
  return f(cpu, Type<float>{});
}

/// Calls f(device, Type<T>{}): on a Cpu as above, on Cuda with T = float or bfloat16. All
/// instantiations of f must return the same type.
template <class F>
auto dispatch(std::string_view op, const Context& context, DType dtype, F&& f) {
  if (const Cpu* cpu = std::get_if<Cpu>(&context)) {
    return dispatch(op, *cpu, dtype, std::forward<F>(f));
  }
  const Cuda& cuda = std::get<Cuda>(context);
  if (dtype == DType::bf16) return f(cuda, Type<bfloat16>{});
  require(dtype == DType::f32, "{}: {} does not run on CUDA; use f32 or bf16", op, name_of(dtype));
  return f(cuda, Type<float>{});
}

/// Calls f(cpu, Type<T>{}), for an op without a Cuda half. Throws Error on Cuda.
template <class F>
auto dispatch_cpu(std::string_view op, const Context& context, DType dtype, F&& f) {
  const Cpu* const cpu = std::get_if<Cpu>(&context);
  require(cpu != nullptr, "{}: runs on the CPU only", op);
  return dispatch(op, *cpu, dtype, std::forward<F>(f));
}

/// The data of a tensor, or null for an output that is not wanted.
template <class T>
T* data_or_null(const Tensor& tensor) {
  return tensor.defined() ? tensor.data<T>() : nullptr;
}

/// The view of an output; its data is null if the output is not wanted.
template <class T>
View<T> optional_view4(const Tensor& tensor, const Shape& s) {
  return {data_or_null<T>(tensor), s[0], s[1], s[2], s[3]};
}

/// The dtype of the affine parameters, statistics and losses for values of `dtype`.
inline DType real_dtype(DType dtype) {
  return dtype == DType::bf16 ? DType::f32 : dtype;
}

/// The size of the dimension that varies fastest in memory: the channels of (N,C,H,W), else the
/// last dimension.
inline Index fastest(const Shape& shape) {
  if (shape.rank() == 0) return 1;
  return shape.rank() == 4 ? shape[1] : shape[shape.rank() - 1];
}

/// The number of contiguous runs of that size.
inline Index rows(const Shape& shape) {
  return fastest(shape) == 0 ? 0 : shape.numel() / fastest(shape);
}

}  // namespace fpanet
