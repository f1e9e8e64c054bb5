// Rounding error of the Winograd convolutions against the definition in double, for every pair of
// channel counts that FPA-Net gives them, relative to the root mean square of the exact values.
// `test_kernels -tc="*rounding*" -s` prints what docs/performance/inference.md tabulates.
//
// All algorithms sum over the input channels, and the error of that grows alike; the transforms,
// whose sums cancel, double it and add a floor, of about 4e-7 for 4x4, that long sums hide. The bounds are
// about twice what is measured: a transform constant wrong in its sixth digit breaks them.

#include "kernels/conv2d/winograd.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "kernels/conv2d/direct.hpp"
#include "kernels/naive/conv2d.hpp"
#include "tests/kernels/check.hpp"
#include "tests/kernels/conv2d_samples.hpp"

namespace fpanet::kernels {
namespace {

struct Errors {
  double rms, largest;  // relative to the root mean square of the exact values
};

Errors errors(const std::vector<float>& got, const std::vector<double>& exact) {
  double squares = 0, error_squares = 0, largest = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    const double error = static_cast<double>(got[i]) - exact[i];
    squares += exact[i] * exact[i];
    error_squares += error * error;
    largest = std::max(largest, std::abs(error));
  }
  const double scale = std::sqrt(squares / static_cast<double>(exact.size()));
  return {std::sqrt(error_squares / static_cast<double>(exact.size())) / scale, largest / scale};
}

std::vector<float> normal(Index count, double deviation, bool rectified) {
  static std::mt19937 random(11);
  return test::normal(random, count, deviation, rectified);
}

using test::widened;

/// One layer's numbers: activations after a ReLU, weights as He initialises them, gradients of either sign,
/// and what the definition makes of them.
struct Layer {
  Conv2dGeometry g;
  std::vector<float> x, w, dy;
  std::vector<double> y64, dx64, dw64;

  explicit Layer(const Conv2dGeometry& geometry)
      : g(geometry),
        x(normal(g.input_pixels() * g.c_in, 1, true)),
        w(normal(g.weight_numel(), std::sqrt(2.0 / (9.0 * static_cast<double>(g.c_in))), false)),
        dy(normal(g.output_pixels() * g.c_out, 1, false)),
        y64(dy.size()),
        dx64(x.size()),
        dw64(w.size()) {
    const std::vector<double> wide_x = widened(x), wide_w = widened(w), wide_dy = widened(dy);
    naive::conv2d<double>(g, wide_x.data(), wide_w.data(), {}, y64.data());
    naive::conv2d_backward_input<double>(g, wide_dy.data(), wide_w.data(), dx64.data(),
                                         Write::assign);
    naive::conv2d_backward_weight<double>(g, wide_x.data(), wide_dy.data(), dw64.data(),
                                          Write::assign);
  }

  template <class Run, class Bytes>
  Errors forward(Run run, Bytes bytes) const {
    const Cpu cpu{2};
    std::vector<float> y(dy.size());
    auto workspace = test::scratch(bytes(cpu, g));
    run(cpu, g, x.data(), w.data(), Conv2dEpilogue<float>{}, y.data(), workspace);
    return errors(y, y64);
  }
  template <class Run, class Bytes>
  Errors backward_input(Run run, Bytes bytes) const {
    return backward(run, bytes, dy, w, dx64);
  }
  template <class Run, class Bytes>
  Errors backward_weight(Run run, Bytes bytes) const {
    return backward(run, bytes, x, dy, dw64);
  }

 private:
  template <class Run, class Bytes>
  Errors backward(Run run, Bytes bytes, const std::vector<float>& a, const std::vector<float>& b,
                  const std::vector<double>& exact) const {
    const Cpu cpu{2};
    std::vector<float> gradient(exact.size());
    auto workspace = test::scratch(bytes(cpu, g));
    run(cpu, g, a.data(), b.data(), gradient.data(), Write::assign, workspace);
    return errors(gradient, exact);
  }
};

/// Of F(m x m,3x3), beside what direct sums have.
struct Bound {
  double rms_factor, rms, largest_factor, largest;
  void check(std::string_view pass, const Errors& got, const Errors& reference) const {
    CAPTURE(pass);
    MESSAGE(pass, ": ", got.rms, ", ", got.largest, "; direct ", reference.rms, ", ",
            reference.largest);
    CHECK(got.rms < rms_factor * reference.rms + rms);
    CHECK(got.largest < largest_factor * reference.largest + largest);
  }
};

template <Index kTile>
void check_tile(const Layer& layer, const Bound& bound, const Errors& forward,
                const Errors& backward_input) {
  CAPTURE(kTile);
  MESSAGE(test::str(layer.g), ", tiles of ", kTile);
  bound.check("forward",
              layer.forward(winograd::forward<float, kTile>,
                            winograd::forward_workspace_bytes<float, kTile>),
              forward);
  if (!winograd::supports(layer.g)) return;
  bound.check("backward input",
              layer.backward_input(winograd::backward_input<float, kTile>,
                                   winograd::backward_input_workspace_bytes<float, kTile>),
              backward_input);
}

TEST_CASE("conv2d: Winograd's rounding error beside the direct sum's") {
  for (const auto& [c_in, c_out] : {std::pair<Index, Index>{16, 16},
                                    {32, 16},
                                    {32, 32},
                                    {128, 32},
                                    {64, 64},
                                    {192, 64},
                                    {128, 128},
                                    {384, 128},
                                    {256, 256},
                                    {768, 256},
                                    {512, 512},
                                    {16, 7}}) {
    const Index side = c_in * c_out > 100000 ? 5 : c_in * c_out > 10000 ? 10 : 20;
    const Conv2dGeometry g{2, c_in, side, side, c_out, 3, 3, 1, 1};
    CAPTURE(test::str(g));
    const bool backward = winograd::supports(g);
    REQUIRE((backward || (winograd::supports_forward(g) && c_out == 7)));
    const Layer layer(g);
    const Errors forward =
        layer.forward(direct::forward<float>, direct::forward_workspace_bytes<float>);
    const Errors input = layer.backward_input(direct::backward_input<float>,
                                              direct::backward_input_workspace_bytes<float>);
    const Errors weight = layer.backward_weight(direct::backward_weight<float>,
                                                direct::backward_weight_workspace_bytes<float>);
    constexpr Bound kMiddle{3, 5e-7, 3, 1e-5};
    check_tile<2>(layer, {1.5, 1e-7, 1.5, 1.5e-6}, forward, input);
    check_tile<4>(layer, kMiddle, forward, input);
    check_tile<5>(layer, {6, 1e-6, 6, 2e-5}, forward, input);
    if (!backward) continue;
    kMiddle.check("backward weight",
                  layer.backward_weight(winograd::backward_weight<float>,
                                        winograd::backward_weight_workspace_bytes<float>),
                  weight);
  }
}

struct Results {
  std::vector<float> y, dx, dw;
};

template <Index kTile>
Results run_winograd(const Conv2dGeometry& g, const test::Conv2dBuffers<float>& b, int threads,
                     Write write) {
  const Cpu cpu{threads};
  Results r{b.y, b.dx, b.dw};
  auto workspace = test::scratch(winograd::forward_workspace_bytes<float, kTile>(cpu, g));
  winograd::forward<float, kTile>(cpu, g, b.x.data(), b.w.data(), {}, r.y.data(), workspace);
  if (!winograd::supports(g)) return r;
  workspace = test::scratch(winograd::backward_input_workspace_bytes<float, kTile>(cpu, g));
  winograd::backward_input<float, kTile>(cpu, g, b.dy.data(), b.w.data(), r.dx.data(), write,
                                         workspace);
  workspace = test::scratch(winograd::backward_weight_workspace_bytes<float>(cpu, g));
  winograd::backward_weight<float>(cpu, g, b.x.data(), b.dy.data(), r.dw.data(), write, workspace);
  return r;
}

template <Index kTile>
void check_odd_sizes(double tolerance) {
  CAPTURE(kTile);
  for (Conv2dGeometry g : {Conv2dGeometry{1, 16, 3, 3, 16, 3, 3, 1, 0},
                           {1, 16, 1, 9, 32, 3, 3, 1, 1},
                           {2, 48, 5, 7, 16, 3, 3, 1, 1},
                           {1, 32, 6, 13, 80, 3, 3, 1, 1},
                           {3, 64, 9, 11, 48, 3, 3, 1, 1},
                           {2, 16, 61, 37, 16, 3, 3, 1, 1},
                           {1, 256, 8, 8, 256, 3, 3, 1, 1},
                           // forward alone: channels that end within a vector
                           {1, 16, 3, 5, 1, 3, 3, 1, 1},
                           {2, 16, 61, 37, 7, 3, 3, 1, 1},
                           {3, 32, 9, 6, 8, 3, 3, 1, 1},
                           {1, 16, 6, 13, 9, 3, 3, 1, 1},
                           {2, 48, 5, 7, 17, 3, 3, 1, 1},
                           {1, 16, 8, 8, 21, 3, 3, 1, 1},
                           {1, 256, 8, 7, 121, 3, 3, 1, 1}}) {
    for (g.padding = g.h < 3 ? 1 : 0; g.padding <= 2; ++g.padding) {
      CAPTURE(test::str(g));
      const auto b = test::integer_buffers<float>(g);
      const std::vector<double> x = widened(b.x), w = widened(b.w), dy = widened(b.dy);
      for (const Write write : {Write::assign, Write::accumulate}) {
        std::vector<double> y(b.y.size()), dx = widened(b.dx), dw = widened(b.dw);
        naive::conv2d<double>(g, x.data(), w.data(), {}, y.data());
        if (winograd::supports(g)) {
          naive::conv2d_backward_input<double>(g, dy.data(), w.data(), dx.data(), write);
          naive::conv2d_backward_weight<double>(g, x.data(), dy.data(), dw.data(), write);
        }
        const Results one = run_winograd<kTile>(g, b, 1, write);
        CHECK(errors(one.y, y).largest < tolerance);
        CHECK(errors(one.dx, dx).largest < tolerance);
        CHECK(errors(one.dw, dw).largest < 2e-5);
        for (const int threads : {2, 4}) {
          CAPTURE(threads);
          const Results many = run_winograd<kTile>(g, b, threads, write);
          CHECK(test::same_bits(many.y, one.y));
          CHECK(test::same_bits(many.dx, one.dx));
          CHECK(test::same_bits(many.dw, one.dw));
        }
      }
    }
  }
}

TEST_CASE("conv2d: Winograd at odd sizes, with every padding, on 1, 2 and 4 threads") {
  check_odd_sizes<2>(5e-6);
  check_odd_sizes<4>(2e-5);
  check_odd_sizes<5>(4e-5);
}

TEST_CASE(
    "conv2d: Winograd takes the head's 7 channels forward, the direct sums take its gradients") {
  const Conv2dGeometry head{1, 16, 320, 320, 7, 3, 3, 1, 1};
  const auto choice = [&](Conv2dPass pass) {
    return conv2d_implementation(Cpu{2}, pass, head, DType::f32);
  };
  CHECK(choice(Conv2dPass::forward) == "winograd 4x4");
  CHECK(choice(Conv2dPass::backward_input) == "direct");
  CHECK(choice(Conv2dPass::backward_weight) == "direct");
}

}  // namespace
}  // namespace fpanet::kernels
