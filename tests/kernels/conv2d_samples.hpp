#pragma once
// Geometries every convolution is tested with, and the buffers of one geometry.

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "kernels/conv2d.hpp"

namespace fpanet::test {

// {n, c_in, h, w, c_out, kernel_h, kernel_w, stride, padding}
inline const std::vector<kernels::Conv2dGeometry>& conv2d_samples() {
  static const std::vector<kernels::Conv2dGeometry> samples{
      // sizes down to 1x1, one channel, every border case of 3x3
      {1, 1, 1, 1, 1, 1, 1, 1, 0},
      {1, 1, 1, 1, 1, 3, 3, 1, 1},
      {2, 3, 1, 1, 5, 3, 3, 1, 1},
      {1, 1, 2, 3, 1, 3, 3, 1, 1},
      {1, 16, 1, 9, 16, 3, 3, 1, 1},
      {1, 16, 9, 1, 16, 3, 3, 1, 1},
      {1, 8, 3, 3, 8, 3, 3, 1, 0},
      {2, 7, 5, 4, 3, 3, 3, 1, 1},
      {1, 16, 4, 4, 16, 3, 3, 1, 1},
      {1, 16, 5, 5, 16, 3, 3, 1, 1},
      {1, 16, 6, 7, 16, 3, 3, 1, 1},
      {1, 32, 7, 6, 40, 3, 3, 1, 1},
      {3, 33, 8, 9, 17, 3, 3, 1, 1},
      {1, 5, 6, 6, 4, 3, 3, 1, 2},
      {1, 4, 6, 5, 9, 3, 3, 1, 3},
      // output channels that end within a vector, where Winograd takes them
      {1, 16, 5, 6, 1, 3, 3, 1, 0},
      {2, 16, 9, 7, 8, 3, 3, 1, 2},
      {1, 32, 6, 11, 9, 3, 3, 1, 1},
      {2, 16, 7, 5, 17, 3, 3, 1, 0},
      {1, 48, 10, 9, 21, 3, 3, 1, 2},
      {1, 256, 7, 6, 121, 3, 3, 1, 1},
      // other kernels, strides and paddings
      {2, 16, 5, 7, 24, 1, 1, 1, 0},
      {1, 7, 6, 5, 3, 1, 1, 1, 2},
      {2, 16, 7, 6, 8, 1, 1, 2, 0},
      {1, 3, 8, 8, 5, 3, 3, 2, 1},
      {2, 16, 9, 7, 16, 3, 3, 2, 1},
      {1, 9, 9, 10, 7, 3, 3, 3, 0},
      {1, 2, 7, 7, 3, 2, 2, 2, 0},
      {1, 2, 7, 9, 3, 1, 3, 1, 1},
      {1, 2, 9, 7, 3, 5, 1, 2, 2},
      {1, 3, 17, 15, 8, 7, 7, 2, 3},
      {1, 1, 7, 7, 16, 7, 7, 2, 3},
      {1, 3, 4, 5, 7, 7, 7, 1, 3},
      {2, 4, 5, 5, 6, 1, 1, 3, 0},
      {1, 2, 11, 11, 2, 3, 3, 4, 1},
      {1, 2, 1, 1, 3, 1, 1, 2, 0},
      {1, 4, 5, 1, 3, 3, 3, 3, 1},
      // FPA-Net's layers (channels, kernels, strides) at small spatial sizes
      {2, 3, 32, 32, 64, 7, 7, 2, 3},
      {2, 64, 13, 13, 64, 3, 3, 1, 1},
      {1, 64, 14, 14, 128, 3, 3, 2, 1},
      {1, 64, 14, 14, 128, 1, 1, 2, 0},
      {1, 128, 10, 10, 128, 3, 3, 1, 1},
      {1, 256, 6, 6, 256, 3, 3, 1, 1},
      {1, 512, 3, 3, 512, 3, 3, 1, 1},
      {1, 512, 4, 4, 64, 1, 1, 1, 0},
      {1, 768, 4, 4, 256, 3, 3, 1, 1},
      {1, 384, 4, 6, 128, 3, 3, 1, 1},
      {1, 192, 8, 8, 64, 3, 3, 1, 1},
      {2, 128, 11, 9, 32, 3, 3, 1, 1},
      {2, 32, 12, 18, 32, 3, 3, 1, 1},
      {2, 32, 20, 20, 16, 3, 3, 1, 1},
      {2, 16, 21, 19, 16, 3, 3, 1, 1},
      {2, 16, 20, 34, 7, 3, 3, 1, 1},
  };
  return samples;
}

inline std::string str(const kernels::Conv2dGeometry& g) {
  return fmt::format("x=({},{},{},{}) weight=({},{},{},{}) stride={} padding={}", g.n, g.c_in, g.h,
                     g.w, g.c_out, g.c_in, g.kernel_h, g.kernel_w, g.stride, g.padding);
}

/// Inputs of one geometry, and what each pass makes of them.
template <class T>
struct Conv2dBuffers {
  std::vector<T> x, w, bias, dy;  // inputs
  std::vector<T> y, dx, dw, db;   // outputs
};

/// Small integers: every sum is exact in float, so any order of addition gives the same bits.
/// Outputs start from integers as well, so that accumulation shows.
template <class T>
Conv2dBuffers<T> integer_buffers(const kernels::Conv2dGeometry& g) {
  std::mt19937 random(7);
  const auto filled = [&](Index count) {
    std::vector<T> values(static_cast<std::size_t>(count));
    for (T& v : values) v = static_cast<T>(static_cast<int>(random() % 7) - 3);
    return values;
  };
  const Index in = g.input_pixels() * g.c_in, out = g.output_pixels() * g.c_out;
  return {filled(in), filled(g.weight_numel()), filled(g.c_out), filled(out), filled(out),
          filled(in), filled(g.weight_numel()), filled(g.c_out)};
}

// Normally distributed, or their positive part: activations after a ReLU.
inline std::vector<float> normal(std::mt19937& random, Index count, double deviation,
                                 bool rectified) {
  std::normal_distribution<float> distribution(0, static_cast<float>(deviation));
  std::vector<float> values(static_cast<std::size_t>(count));
  for (float& v : values) {
    v = distribution(random);
    if (rectified) v = std::max(v, 0.0F);
  }
  return values;
}

}  // namespace fpanet::test
