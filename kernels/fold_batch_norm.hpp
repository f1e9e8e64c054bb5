#pragma once
// Folds a batch norm into the preceding convolution, for inference. The statistics are constants
// there, so that both together are one convolution.
//
//   s = gamma / sqrt(var + eps)
//   gamma (conv(x, w) + b - mean) / sqrt(var + eps) + beta = conv(x, s w) + beta + s (b - mean)
//
// w (C_out,C_in,KH,KW), all others (C_out). Computed in double. s w and the new bias are rounded to
// Real<T>; s w is then rounded to T.

#include "engine/core/device.hpp"
#include "engine/core/index.hpp"
#include "kernels/base/body.hpp"

namespace fpanet::kernels {

/// Parameters of a convolution and of the batch norm that follows it, in R.
template <class R>
struct ConvNorm {
  const R* w;
  const R* b;  ///< null if there is no bias
  const R *gamma, *beta, *mean, *var;
  double eps;
  Index c_out, weights_per_channel;
};

/// folded_w = s w, with the shape of w; folded_b = beta + s (b - mean).
template <class T>
void fold_batch_norm(const Cpu& cpu, const ConvNorm<Real<T>>& from, T* folded_w, Real<T>* folded_b);
template <class T>
void fold_batch_norm(const Cuda& cuda, const ConvNorm<Real<T>>& from, T* folded_w,
                     Real<T>* folded_b);

}  // namespace fpanet::kernels
