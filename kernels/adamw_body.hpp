#pragma once

#include <cmath>

#include "kernels/adamw.hpp"
#include "kernels/base/body.hpp"

namespace fpanet::kernels::body {

/// The scalars of one step, computed in double and rounded once, as PyTorch does.
template <class T>
struct AdamWStep {
  T decay, beta1, one_minus_beta1, beta2, one_minus_beta2, step_size, correction2_sqrt, eps;

  FPANET_HD AdamWStep(double lr, double t, const AdamWOptions& o)
      : decay(static_cast<T>(1 - lr * o.weight_decay)),
        beta1(static_cast<T>(o.beta1)),
        one_minus_beta1(static_cast<T>(1 - o.beta1)),
        beta2(static_cast<T>(o.beta2)),
        one_minus_beta2(static_cast<T>(1 - o.beta2)),
        step_size(static_cast<T>(lr / (1 - std::pow(o.beta1, t)))),
        correction2_sqrt(static_cast<T>(std::sqrt(1 - std::pow(o.beta2, t)))),
        eps(static_cast<T>(o.eps)) {}

  FPANET_HD void operator()(T& p, T g, T& m, T& v) const {
    m = m * beta1 + one_minus_beta1 * g;
    v = v * beta2 + one_minus_beta2 * g * g;
    p = p * decay - step_size * m / (std::sqrt(v) / correction2_sqrt + eps);
  }
};

}  // namespace fpanet::kernels::body
