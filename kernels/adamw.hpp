#pragma once
// One AdamW step over contiguous parameters, in PyTorch's order of operations.
//
//   p *= 1 - lr wd;  m = b1 m + (1 - b1) g;  v = b2 v + (1 - b2) g g
//   p -= (lr / (1 - b1^t)) m / (sqrt(v) / sqrt(1 - b2^t) + eps)
//
// p, m and v are updated. `hyper` holds f64 that change between steps: lr, and t, which is 1 for the
// first step. They are passed in memory, not by value, so that a recorded program can be replayed.
// More can be done in the same sweep:
//
//   twin          receives p rounded to bfloat16
//   squared_norm  one f64, the square of the norm n of all gradients: g is first multiplied by
//                 min(1, max_norm / (n + 1e-6))
//   average       a moving average of p: a += w (p - a), where the weight w is hyper[2]; w = 1
//                 copies p
//
// Sources: torch/optim/adamw.py 1.13.1, amsgrad=False; torch.nn.utils.clip_grad_norm_; torch.lerp, as
// torch.optim.swa_utils.AveragedModel uses it; Loshchilov and Hutter 2019.
// Derivation: docs/derivations/adamw.md#the-step

#include <limits>
#include <span>

#include "engine/core/bfloat16.hpp"
#include "engine/core/device.hpp"

namespace fpanet::kernels {

struct AdamWOptions {
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 0.01;
  double lr_factor = 1;  ///< multiplies hyper[0]
  /// Steps that were made before these parameters took part: t is hyper[1] less these.
  double missed_steps = 0;
  double max_norm = std::numeric_limits<double>::infinity();  ///< needs squared_norm

  bool operator==(const AdamWOptions&) const = default;
};

template <class T>
void adamw(const Cpu& cpu, std::span<T> p, std::span<const T> g, std::span<T> m, std::span<T> v,
           const double* hyper, const AdamWOptions& options, std::span<bfloat16> twin = {},
           std::span<T> average = {}, const double* squared_norm = nullptr);
template <class T>
void adamw(const Cuda& cuda, std::span<T> p, std::span<const T> g, std::span<T> m, std::span<T> v,
           const double* hyper, const AdamWOptions& options, std::span<bfloat16> twin = {},
           std::span<T> average = {}, const double* squared_norm = nullptr);

}  // namespace fpanet::kernels
