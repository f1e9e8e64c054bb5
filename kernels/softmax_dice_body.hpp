#pragma once
// One pixel of softmax_dice.hpp's backward.

#include "kernels/dice_body.hpp"
#include "kernels/softmax_body.hpp"
#include "kernels/softmax_dice.hpp"

namespace fpanet::kernels::body {

/// d loss / d p of one class, where a pixel is labelled so and elsewhere.
template <class R>
struct DicePixelSlopes {
  R labelled = 0, elsewhere = 0;

  DicePixelSlopes() = default;
  FPANET_HD explicit DicePixelSlopes(const DiceSlopes& slopes)
      : labelled(static_cast<R>(slopes.on_target + slopes.everywhere)),
        elsewhere(static_cast<R>(slopes.everywhere)) {}
};

/// dx of a pixel's `count` classes, the sum in order; `label` may be none of them.
template <class R>
FPANET_HD inline void softmax_dice_gradient(const R* p, const DicePixelSlopes<R>* slopes,
                                            std::int32_t label, Index count, R* dx) {
  R dot = 0;
  FPANET_UNROLL
  for (int c = 0; c < static_cast<int>(kSoftmaxDiceClasses); ++c) {
    if (c >= count) continue;
    dx[c] = label == c ? slopes[c].labelled : slopes[c].elsewhere;
    dot += p[c] * dx[c];
  }
  FPANET_UNROLL
  for (int c = 0; c < static_cast<int>(kSoftmaxDiceClasses); ++c) {
    if (c < count) dx[c] = softmax_gradient(p[c], dx[c], dot);
  }
}

}  // namespace fpanet::kernels::body
