#pragma once
// The arithmetic of softmax_class_sums.hpp's backward for one pixel.

#include "kernels/class_sums_body.hpp"
#include "kernels/softmax_body.hpp"
#include "kernels/softmax_class_sums.hpp"

namespace fpanet::kernels::body {

/// d loss / d p of one class, for pixels with that label and for all other pixels.
template <class R>
struct ClassSlopes {
  R labelled = 0, elsewhere = 0;

  ClassSlopes() = default;
  /// Of class c, from the gradients (3,C) of the sums.
  FPANET_HD ClassSlopes(const double* dsums, Index channels, Index c)
      : labelled(static_cast<R>(dsums[c] + dsums[channels + c])),
        elsewhere(static_cast<R>(dsums[channels + c])) {}
};

/// Computes dx of the `count` classes of a pixel, with the sum in order. `label` may belong to no
/// class.
template <class R>
FPANET_HD inline void softmax_sums_gradient(const R* p, const ClassSlopes<R>* slopes,
                                            std::int32_t label, Index count, R* dx) {
  R dot = 0;
  FPANET_UNROLL
  for (int c = 0; c < static_cast<int>(kSoftmaxSumClasses); ++c) {
    if (c >= count) continue;
    dx[c] = label == c ? slopes[c].labelled : slopes[c].elsewhere;
    dot += p[c] * dx[c];
  }
  FPANET_UNROLL
  for (int c = 0; c < static_cast<int>(kSoftmaxSumClasses); ++c) {
    if (c < count) dx[c] = softmax_gradient(p[c], dx[c], dot);
  }
}

}  // namespace fpanet::kernels::body
