#pragma once
// The arithmetic of softmax_dice.hpp's backward for one pixel.

#include "kernels/dice_body.hpp"
#include "kernels/softmax_body.hpp"
#include "kernels/softmax_dice.hpp"

namespace fpanet::kernels::body {

/// d loss / d p of one class, for pixels with that label and for all other pixels.
template <class R>
struct DicePixelSlopes {
  R labelled = 0, elsewhere = 0;

  DicePixelSlopes() = default;
  FPANET_HD explicit DicePixelSlopes(const DiceSlopes& slopes)
      : labelled(static_cast<R>(slopes.on_target + slopes.everywhere)),
        elsewhere(static_cast<R>(slopes.everywhere)) {}
};

/// Computes dx of the `count` classes of a pixel, with the sum in order. `label` may belong to no
/// class.
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
