#pragma once
// Batch normalisation over the pixels of each channel, with an optional residual and ReLU in the
// same sweep.
//
//   train:  mean = sum_p x / P,  var = sum_p (x - mean)^2 / P,  invstd = 1 / sqrt(var + eps)
//           running_mean = (1 - momentum) running_mean + momentum mean
//           running_var  = (1 - momentum) running_var  + momentum var P / (P - 1);  batches += 1
//   eval:   mean = running_mean,  invstd = 1 / sqrt(running_var + eps)
//   both:   y = [relu](weight (x - mean) invstd + bias [+ residual])
//
//   backward, with g = dy where y > 0, else 0 (plain dy without relu):
//           dbias = sum_p g,  dweight = sum_p g (x - mean) invstd,  dresidual = g
//           train:  dx = weight invstd (g - dbias / P - (x - mean) invstd dweight / P)
//           eval:   dx = weight invstd g
//
// x, residual and y are (N,C,H,W), P = N*H*W; everything else is (C). y may be x (eval) or
// residual. dresidual may be dy if it is assigned; dx may be dy if no dresidual is requested. Saved
// for backward: x, mean, invstd, and with a relu also y. On a GPU, bfloat16 y is not read if there
// was no residual: its sign is recomputed from x with the arithmetic of the forward pass. The mean
// and variance of x are either computed here (channel_statistics.hpp) or given; if they are given,
// training takes one sweep.
// Source: torch.nn.BatchNorm2d.
// Derivation: docs/derivations/batch_norm.md#backward

#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/core/view.hpp"
#include "engine/core/write.hpp"
#include "kernels/base/body.hpp"

namespace fpanet::kernels {

template <class T>
struct BatchNormForward {
  View<const T> x = {};
  /// (2,C): mean and biased variance of x for training, or none.
  const double* statistics = nullptr;
  Index batch_pixels = 0;  ///< pixels that `statistics` are of, if not those of x
  const Real<T>* weight = nullptr;
  const Real<T>* bias = nullptr;
  const T* residual = nullptr;  ///< same shape as x, or none
  bool relu = false;
  double eps = 1e-5;
  T* y = nullptr;
  Real<T>* mean = nullptr;    ///< out
  Real<T>* invstd = nullptr;  ///< out
  /// Optional outputs (Cpu): y before residual and relu is (x - mean) scale + shift.
  Real<T>* scale = nullptr;
  Real<T>* shift = nullptr;
};

/// Updated by a training step. Null members are skipped.
template <class T>
struct RunningStatistics {
  Real<T>* mean = nullptr;
  Real<T>* var = nullptr;
  std::int64_t* batches = nullptr;
  double momentum = 0.1;
};

template <class T>
struct BatchNormBackward {
  View<const T> x = {};
  const T* y = nullptr;  ///< the output of the forward pass if it had a relu, else null
  const T* dy = nullptr;
  const Real<T>* weight = nullptr;
  const Real<T>* bias = nullptr;  ///< of a forward pass with relu and without residual, else null
  const Real<T>* mean = nullptr;
  const Real<T>* invstd = nullptr;
  /// The forward pass's values, given instead of y after a relu without residual (Cpu). y > 0 is
  /// then recomputed from x, bit for bit, so that y needs neither be kept nor read.
  const Real<T>* scale = nullptr;
  const Real<T>* shift = nullptr;
  Index batch_pixels = 0;        ///< pixels that mean and invstd are of, if not those of x
  bool batch_statistics = true;  ///< false: mean and invstd were constants (eval)
  // Outputs. Null pointers are not computed.
  T* dx = nullptr;
  Real<T>* dweight = nullptr;
  Real<T>* dbias = nullptr;
  T* dresidual = nullptr;
  Write write_dx = Write::assign;
  Write write_dweight = Write::assign;
  Write write_dbias = Write::assign;
  Write write_dresidual = Write::assign;
};

template <class T>
void batch_norm_train(const Cpu& cpu, const BatchNormForward<T>& args,
                      const RunningStatistics<T>& running, std::span<std::byte> workspace);
template <class T>
void batch_norm_train(const Cuda& cuda, const BatchNormForward<T>& args,
                      const RunningStatistics<T>& running, std::span<std::byte> workspace);

template <class T>
void batch_norm_eval(const Cpu& cpu, const BatchNormForward<T>& args, const Real<T>* running_mean,
                     const Real<T>* running_var, std::span<std::byte> workspace);
template <class T>
void batch_norm_eval(const Cuda& cuda, const BatchNormForward<T>& args, const Real<T>* running_mean,
                     const Real<T>* running_var, std::span<std::byte> workspace);

/// Recomputes y, bit for bit, from x and the mean, scale and shift of the forward pass, which are
/// inputs here.
template <class T>
void batch_norm_recompute(const Cpu& cpu, const BatchNormForward<T>& args);

template <class T>
void batch_norm_backward(const Cpu& cpu, const BatchNormBackward<T>& args,
                         std::span<std::byte> workspace);
template <class T>
void batch_norm_backward(const Cuda& cuda, const BatchNormBackward<T>& args,
                         std::span<std::byte> workspace);

/// batch_norm_backward in two steps, between which the sums can be added up over the parts of a
/// batch. The first computes `sums`, f64 (2,C): those of g and of g (x - mean) over the pixels of x.
/// It writes no gradient.
template <class T>
void batch_norm_gradient_sums(const Cpu& cpu, const BatchNormBackward<T>& args, double* sums,
                              std::span<std::byte> workspace);
template <class T>
void batch_norm_gradient_sums(const Cuda& cuda, const BatchNormBackward<T>& args, double* sums,
                              std::span<std::byte> workspace);
/// The second computes the gradients: dweight and dbias from `sums`, dx from `batch_sums`, which are
/// those over all pixels that mean and invstd are of.
template <class T>
void batch_norm_gradients(const Cpu& cpu, const BatchNormBackward<T>& args, const double* sums,
                          const double* batch_sums, std::span<std::byte> workspace);
template <class T>
void batch_norm_gradients(const Cuda& cuda, const BatchNormBackward<T>& args, const double* sums,
                          const double* batch_sums, std::span<std::byte> workspace);

/// Bytes of workspace that each of the functions above needs, except batch_norm_recompute, which
/// needs none.
template <class T>
std::size_t batch_norm_workspace_bytes(const Cpu& cpu, Index pixels, Index channels);
template <class T>
std::size_t batch_norm_workspace_bytes(const Cuda& cuda, Index pixels, Index channels);

}  // namespace fpanet::kernels
