#include "models/pab.hpp"

#include <cmath>

#include "layers/add.hpp"
#include "layers/matmul.hpp"
#include "layers/pab_reread.hpp"
#include "layers/position_attention.hpp"
#include "layers/softmax.hpp"

namespace fpanet {

namespace {

Conv2d pab_conv(const Scope& scope, Index channels) {
  constexpr Index kKernel = 3;
  const Shape weight{channels, channels, kKernel, kKernel};
  return {scope,
          {.in_channels = channels,
           .out_channels = channels,
           .kernel = kKernel,
           .padding = kKernel / 2,
           .initializer = init::kaiming_uniform_fan_in(weight)}};
}

/// The attention map of 1024 positions takes 4 MiB per image in f32. A 2448x2448 image has 5929
/// positions.
constexpr Index kMostPositionsInMemory = 1024;

/// A convolution of queries or keys.
Conv2d key_conv(const Scope& scope, Index channels, Index keys, AttentionSoftmax softmax) {
  const double shrink =
      softmax == AttentionSoftmax::row ? std::pow(static_cast<double>(keys), 0.25) : 1;
  return {scope,
          {.in_channels = channels,
           .out_channels = keys,
           .kernel = 1,
           .initializer = init::uniform(std::sqrt(6.0 / static_cast<double>(channels)) / shrink)}};
}

/// The channels-last memory of x (N,C,h,w), viewed as a batch of matrices (N,h*w,C).
Value as_matrices(Value x) {
  const Shape& s = x.shape();
  return x.graph().view(x, {s[0], s[2] * s[3], s[1]});
}

}  // namespace

PositionAttention::PositionAttention(const Scope& scope, Index channels, Index pab_channels,
                                     AttentionSoftmax softmax)
    : softmax_(softmax),
      top_conv_(key_conv(scope / "top_conv", channels, pab_channels, softmax)),
      center_conv_(key_conv(scope / "center_conv", channels, pab_channels, softmax)),
      bottom_conv_(pab_conv(scope / "bottom_conv", channels)),
      out_conv_(pab_conv(scope / "out_conv", channels)) {}

Value PositionAttention::operator()(const Forward& forward, Value x) const {
  const Value top = as_matrices(top_conv_(forward, x));
  const Value center = as_matrices(center_conv_(forward, x));
  const Value bottom = as_matrices(bottom_conv_(forward, x));

  const Index images = x.shape()[0];
  const Index positions = x.shape()[2] * x.shape()[3];
  Value attended;
  if (softmax_ == AttentionSoftmax::row) {
    const Value scores = matmul(center, top, {.transpose_b = true});
    attended = matmul(softmax(scores), bottom);
  } else if (positions > kMostPositionsInMemory) {
    attended = position_attention(center, top, bottom);
  } else {
    const Value scores = matmul(center, top, {.transpose_b = true});
    const Value whole_map = forward.graph.view(scores, {images, positions * positions});
    const Value attention = forward.graph.view(softmax(whole_map), {images, positions, positions});
    attended = matmul(attention, bottom);
  }
  return out_conv_(forward, add(x, pab_reread(attended, x.shape()[2], x.shape()[3])));
}

}  // namespace fpanet
