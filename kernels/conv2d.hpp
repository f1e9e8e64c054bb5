#pragma once
// Two-dimensional convolution (cross-correlation, as in every framework) and its backward passes.
//
//   y[n,o,i,j]  = sum_{c,u,v} x[n, c, i*s + u - p, j*s + v - p] * w[o,c,u,v], then epilogue
//   dx[n,c,a,b] = sum of dy[n,o,i,j] * w[o,c,u,v] over the (o,u,v,i,j) with
//                 i*s + u - p = a, j*s + v - p = b
//   dw[o,c,u,v] = sum_{n,i,j} dy[n,o,i,j] * x[n, c, i*s + u - p, j*s + v - p]
//   db[o]       = sum_{n,i,j} dy[n,o,i,j]
//
// x (N,C_in,H,W), w (C_out,C_in,KH,KW) and y (N,C_out,OH,OW) are stored channels-last. x is 0
// outside the image. OH = floor((H + 2p - KH)/s) + 1, and OW likewise. Backward needs x and w, but
// not y. Buffers must not overlap. All sizes must be positive, including OH and OW: layers/ checks
// this, and here it is asserted. Biases and the gradients of parameters are Real<T>, which is float
// for bfloat16. Results do not depend on the thread count.
// Source: PyTorch torch.nn.Conv2d with dilation 1 and groups 1.
// Derivation: docs/derivations/convolution.md#three-sums-over-one-set-of-triples

#include <cstddef>
#include <span>
#include <string_view>

#include "engine/core/device.hpp"
#include "engine/core/dtype.hpp"
#include "engine/core/shape.hpp"
#include "engine/core/write.hpp"
#include "kernels/conv2d/epilogue.hpp"

namespace fpanet::kernels {

struct Conv2dGeometry {
  Index n, c_in, h, w, c_out, kernel_h, kernel_w, stride, padding;

  Index out_h() const { return (h + 2 * padding - kernel_h) / stride + 1; }
  Index out_w() const { return (w + 2 * padding - kernel_w) / stride + 1; }
  Index input_pixels() const { return n * h * w; }
  Index output_pixels() const { return n * out_h() * out_w(); }
  Index taps() const { return kernel_h * kernel_w; }
  Index weight_numel() const { return c_out * taps() * c_in; }
  /// Multiply-adds of the definition: for forward, for backward input and for backward weight.
  Index macs() const { return output_pixels() * weight_numel(); }
  bool operator==(const Conv2dGeometry&) const = default;
};

enum class Conv2dPass { forward, backward_input, backward_weight };

/// Name of the implementation that runs a pass of this geometry. On the CPU this is the first row
/// of the table in conv2d.cpp that fits; on Cuda, cuDNN chooses.
std::string_view conv2d_implementation(const Cpu& cpu, Conv2dPass pass, const Conv2dGeometry& g,
                                       DType dtype, Conv2dEpilogueParts epilogue = {});
std::string_view conv2d_implementation(const Cuda& cuda, Conv2dPass pass, const Conv2dGeometry& g,
                                       DType dtype, Conv2dEpilogueParts epilogue = {});

/// Says that the workspace of this pass will be asked for. What is announced together is planned
/// together, by all processors.
void conv2d_announce(const Cuda& cuda, Conv2dPass pass, const Conv2dGeometry& g, DType dtype,
                     Conv2dEpilogueParts epilogue = {});

/// y = [relu](conv(x, w) + bias [+ residual]), or y = conv(x, w) and the statistics of its
/// channels.
template <class T>
void conv2d(const Cpu& cpu, const Conv2dGeometry& g, const T* x, const T* w,
            const Conv2dEpilogue<T>& epilogue, T* y, std::span<std::byte> workspace);
template <class T>
void conv2d(const Cuda& cuda, const Conv2dGeometry& g, const T* x, const T* w,
            const Conv2dEpilogue<T>& epilogue, T* y, std::span<std::byte> workspace);

/// Number of elements of prepared weights: weights in the layout that the CPU implementation
/// multiplies, prepared once for many forward calls.
template <class T>
Index conv2d_prepared_numel(const Cpu& cpu, const Conv2dGeometry& g);
/// Name of the implementation that uses the prepared weights. Prepared weights are valid for every
/// geometry with the same weights and implementation, and for any number of threads.
std::string_view conv2d_prepared_implementation(const Cpu& cpu, const Conv2dGeometry& g,
                                                DType dtype);
template <class T>
void conv2d_prepare(const Cpu& cpu, const Conv2dGeometry& g, const T* w, T* prepared);
/// Computes conv2d() from prepared weights; bitwise equal if both use the same implementation.
template <class T>
void conv2d_prepared(const Cpu& cpu, const Conv2dGeometry& g, const T* x, const T* prepared,
                     const Conv2dEpilogue<T>& epilogue, T* y, std::span<std::byte> workspace);

template <class T>
void conv2d_backward_input(const Cpu& cpu, const Conv2dGeometry& g, const T* dy, const T* w, T* dx,
                           Write write, std::span<std::byte> workspace);
template <class T>
void conv2d_backward_input(const Cuda& cuda, const Conv2dGeometry& g, const T* dy, const T* w,
                           T* dx, Write write, std::span<std::byte> workspace);

template <class T>
void conv2d_backward_weight(const Cpu& cpu, const Conv2dGeometry& g, const T* x, const T* dy,
                            Real<T>* dw, Write write, std::span<std::byte> workspace);
template <class T>
void conv2d_backward_weight(const Cuda& cuda, const Conv2dGeometry& g, const T* x, const T* dy,
                            Real<T>* dw, Write write, std::span<std::byte> workspace);

template <class T>
void conv2d_backward_bias(const Cpu& cpu, const Conv2dGeometry& g, const T* dy, Real<T>* db,
                          Write write, std::span<std::byte> workspace);
template <class T>
void conv2d_backward_bias(const Cuda& cuda, const Conv2dGeometry& g, const T* dy, Real<T>* db,
                          Write write, std::span<std::byte> workspace);

/// Bytes of workspace that each function above needs, at any alignment. On Cuda these functions
/// choose the implementation by measurement: the first call for a geometry is slow, and must not
/// happen while the stream is captured.
template <class T>
std::size_t conv2d_workspace_bytes(const Cpu& cpu, const Conv2dGeometry& g,
                                   Conv2dEpilogueParts epilogue);
template <class T>
std::size_t conv2d_workspace_bytes(const Cuda& cuda, const Conv2dGeometry& g,
                                   Conv2dEpilogueParts epilogue);
template <class T>
std::size_t conv2d_prepared_workspace_bytes(const Cpu& cpu, const Conv2dGeometry& g);
template <class T>
std::size_t conv2d_backward_input_workspace_bytes(const Cpu& cpu, const Conv2dGeometry& g);
template <class T>
std::size_t conv2d_backward_input_workspace_bytes(const Cuda& cuda, const Conv2dGeometry& g);
template <class T>
std::size_t conv2d_backward_weight_workspace_bytes(const Cpu& cpu, const Conv2dGeometry& g);
template <class T>
std::size_t conv2d_backward_weight_workspace_bytes(const Cuda& cuda, const Conv2dGeometry& g);
template <class T>
std::size_t conv2d_backward_bias_workspace_bytes(const Cpu& cpu, const Conv2dGeometry& g);
template <class T>
std::size_t conv2d_backward_bias_workspace_bytes(const Cuda& cuda, const Conv2dGeometry& g);

}  // namespace fpanet::kernels
