#pragma once

#include <cmath>

#include "kernels/adamw.hpp"
#include "kernels/base/body.hpp"

namespace fpanet::kernels::body {

/// What clip_grad_norm_ multiplies gradients by. A norm that is NaN makes them NaN.
FPANET_HD inline double clip_scale(double squared_norm, double max_norm) {
  const double scale = max_norm / (std::sqrt(squared_norm) + 1e-6);
  return scale >= 1 ? 1 : scale;
}

/// a moves towards p by the weight w, as torch.lerp computes it: with w = 1 it becomes p exactly.
template <class T>
FPANET_HD inline void move_average(T& a, T p, T w) {
  const T distance = p - a;
  a = w < T(0.5) ? a + w * distance : p - distance * (1 - w);
}

/// The scalars of one step, computed in double and rounded once, as PyTorch does.
template <class T>
struct AdamWStep {
  T scale;  // of the gradient: 1 unless its norm is clipped
  T decay, beta1, one_minus_beta1, beta2, one_minus_beta2, step_size, correction2_sqrt, eps;

  FPANET_HD AdamWStep(const double* hyper, const AdamWOptions& o, const double* squared_norm)
      : AdamWStep(hyper[0] * o.lr_factor, hyper[1] - o.missed_steps, o,
                  squared_norm != nullptr ? clip_scale(*squared_norm, o.max_norm) : 1) {}

  FPANET_HD AdamWStep(double lr, double t, const AdamWOptions& o, double gradient_scale)
      : scale(static_cast<T>(gradient_scale)),
        decay(static_cast<T>(1 - lr * o.weight_decay)),
        beta1(static_cast<T>(o.beta1)),
        one_minus_beta1(static_cast<T>(1 - o.beta1)),
        beta2(static_cast<T>(o.beta2)),
        one_minus_beta2(static_cast<T>(1 - o.beta2)),
        step_size(static_cast<T>(lr / (1 - std::pow(o.beta1, t)))),
        correction2_sqrt(static_cast<T>(std::sqrt(1 - std::pow(o.beta2, t)))),
        eps(static_cast<T>(o.eps)) {}

  FPANET_HD void operator()(T& p, T g, T& m, T& v) const {
    g *= scale;
    m = m * beta1 + one_minus_beta1 * g;
    v = v * beta2 + one_minus_beta2 * g * g;
    p = p * decay - step_size * m / (std::sqrt(v) / correction2_sqrt + eps);
  }
};

}  // namespace fpanet::kernels::body
