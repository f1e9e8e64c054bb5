#include "models/pab.hpp"

#include "layers/add.hpp"
#include "layers/matmul.hpp"
#include "layers/pab_reread.hpp"
#include "layers/position_attention.hpp"
#include "layers/softmax.hpp"

namespace fpanet {

namespace {

Conv2d pab_conv(const Scope& scope, Index in_channels, Index out_channels, Index kernel) {
  const Shape weight{out_channels, in_channels, kernel, kernel};
  return {scope,
          {.in_channels = in_channels,
           .out_channels = out_channels,
           .kernel = kernel,
           .padding = kernel / 2,
           .initializer = init::kaiming_uniform_fan_in(weight)}};
}

/// The attention map of 1024 positions takes 4 MiB per image in f32. A 2448x2448 image has 5929
/// positions.
constexpr Index kMostPositionsInMemory = 1024;

/// The channels-last memory of x (N,C,h,w), viewed as a batch of matrices (N,h*w,C).
Value as_matrices(Value x) {
  const Shape& s = x.shape();
  return x.graph().view(x, {s[0], s[2] * s[3], s[1]});
}

}  // namespace

PositionAttention::PositionAttention(const Scope& scope, Index channels, Index pab_channels)
    : top_conv_(pab_conv(scope / "top_conv", channels, pab_channels, 1)),
      center_conv_(pab_conv(scope / "center_conv", channels, pab_channels, 1)),
      bottom_conv_(pab_conv(scope / "bottom_conv", channels, channels, 3)),
      out_conv_(pab_conv(scope / "out_conv", channels, channels, 3)) {}

Value PositionAttention::operator()(const Forward& forward, Value x) const {
  const Value top = as_matrices(top_conv_(forward, x));
  const Value center = as_matrices(center_conv_(forward, x));
  const Value bottom = as_matrices(bottom_conv_(forward, x));

  const Index images = x.shape()[0];
  const Index positions = x.shape()[2] * x.shape()[3];
  Value attended;
  if (positions > kMostPositionsInMemory) {
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
