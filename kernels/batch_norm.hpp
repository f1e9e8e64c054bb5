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
// x, residual, y (N,C,H,W), P = N*H*W; everything else (C). y may be x (eval) or residual;
// dresidual may be dy when it is assigned; dx may be dy when no dresidual is wanted. Saved for
// backward: x, mean, invstd, and y where there is a relu. On a GPU y in bfloat16 is not read when
// there was no residual: whether it is positive follows from x with the forward's own arithmetic.
// Mean and variance of x are taken here (channel_statistics.hpp), or given: then training is one
// sweep. Source: torch.nn.BatchNorm2d.

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
  const Real<T>* weight = nullptr;
  const Real<T>* bias = nullptr;
  const T* residual = nullptr;  ///< like x, or none
  bool relu = false;
  double eps = 1e-5;
  T* y = nullptr;
  Real<T>* mean = nullptr;    ///< out
  Real<T>* invstd = nullptr;  ///< out
  /// Out, if wanted (Cpu): y before residual and relu is (x - mean) scale + shift.
  Real<T>* scale = nullptr;
  Real<T>* shift = nullptr;
};

/// Updated by a training step; null pointers are left alone.
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
  const T* y = nullptr;  ///< the forward's output if it had a relu, else null
  const T* dy = nullptr;
  const Real<T>* weight = nullptr;
  const Real<T>* bias = nullptr;  ///< the forward's, if it had a relu and no residual, else null
  const Real<T>* mean = nullptr;
  const Real<T>* invstd = nullptr;
  /// The forward's, instead of y after a relu without residual (Cpu): y > 0 is computed again from
  /// x, bit for bit, which is one array less to keep and to read.
  const Real<T>* scale = nullptr;
  const Real<T>* shift = nullptr;
  bool batch_statistics = true;  ///< false: mean and invstd were constants (eval)
  // Outputs; a null pointer is not wanted.
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

/// y again, bit for bit, from x and the mean, scale and shift of the first time, which are read.
template <class T>
void batch_norm_recompute(const Cpu& cpu, const BatchNormForward<T>& args);

template <class T>
void batch_norm_backward(const Cpu& cpu, const BatchNormBackward<T>& args,
                         std::span<std::byte> workspace);
template <class T>
void batch_norm_backward(const Cuda& cuda, const BatchNormBackward<T>& args,
                         std::span<std::byte> workspace);

/// Scratch of each of the three.
template <class T>
std::size_t batch_norm_workspace_bytes(const Cpu& cpu, Index pixels, Index channels);
template <class T>
std::size_t batch_norm_workspace_bytes(const Cuda& cuda, Index pixels, Index channels);

}  // namespace fpanet::kernels
