// Rounding error of the Winograd convolutions against the definition in double, for every pair of
// channel counts that FPA-Net gives them, relative to the root mean square of the exact values.
// `test_kernels -tc="*rounding*" -s` prints what docs/performance.md tabulates.
//
// Both algorithms sum over the input channels, and the error of that grows alike; the transforms,
// whose sums cancel, double it and add a floor of about 4e-7 that long sums hide. The bounds are
// about twice what is measured: a transform constant wrong in its sixth digit breaks them.

#include "kernels/conv2d_winograd.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "kernels/conv2d_direct.hpp"
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

TEST_CASE("conv2d: Winograd's rounding error is about twice the direct sum's") {
  const Cpu cpu{2};
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
    // Activations after a ReLU, weights as He initialises them, gradients of either sign.
    const std::vector<float> x = normal(g.input_pixels() * c_in, 1, true);
    const std::vector<float> w = normal(g.weight_numel(), std::sqrt(2.0 / (9.0 * c_in)), false);
    const std::vector<float> dy = normal(g.output_pixels() * c_out, 1, false);
    const std::vector<double> x64 = widened(x), w64 = widened(w), dy64 = widened(dy);
    std::vector<double> y64(dy.size()), dx64(x.size()), dw64(w.size());
    naive::conv2d<double>(g, x64.data(), w64.data(), {}, y64.data());
    naive::conv2d_backward_input<double>(g, dy64.data(), w64.data(), dx64.data(), Write::assign);
    naive::conv2d_backward_weight<double>(g, x64.data(), dy64.data(), dw64.data(), Write::assign);

    struct Passes {
      Errors forward, input, weight;
    };
    const auto run = [&](auto forward, auto backward_input, auto backward_weight,
                         std::size_t bytes) -> Passes {
      std::vector<std::byte> workspace(bytes);
      std::vector<float> y(dy.size()), dx(x.size()), dw(w.size());
      forward(cpu, g, x.data(), w.data(), Conv2dEpilogue<float>{}, y.data(), workspace);
      if (!backward) return {errors(y, y64), {}, {}};
      backward_input(cpu, g, dy.data(), w.data(), dx.data(), Write::assign, workspace);
      backward_weight(cpu, g, x.data(), dy.data(), dw.data(), Write::assign, workspace);
      return {errors(y, y64), errors(dx, dx64), errors(dw, dw64)};
    };
    const std::size_t forward_bytes = winograd::forward_workspace_bytes<float>(cpu, g);
    const Passes fast = run(
        winograd::forward<float>, winograd::backward_input<float>, winograd::backward_weight<float>,
        backward ? std::max({forward_bytes, winograd::backward_input_workspace_bytes<float>(cpu, g),
                             winograd::backward_weight_workspace_bytes<float>(cpu, g)})
                 : forward_bytes);
    const Passes plain =
        run(direct::forward<float>, direct::backward_input<float>, direct::backward_weight<float>,
            std::max({direct::forward_workspace_bytes<float>(cpu, g),
                      direct::backward_input_workspace_bytes<float>(cpu, g),
                      direct::backward_weight_workspace_bytes<float>(cpu, g)}));
    for (const auto& [name, got, reference] : {std::tuple{"forward", fast.forward, plain.forward},
                                               {"backward input", fast.input, plain.input},
                                               {"backward weight", fast.weight, plain.weight}}) {
      CAPTURE(name);
      CHECK(got.rms < 3 * reference.rms + 5e-7);
      CHECK(got.largest < 3 * reference.largest + 1e-5);
    }
  }
}

struct Results {
  std::vector<float> y, dx, dw;
};

Results run_winograd(const Conv2dGeometry& g, const test::Conv2dBuffers<float>& b, int threads,
                     Write write) {
  const Cpu cpu{threads};
  Results r{b.y, b.dx, b.dw};
  auto workspace = test::scratch(winograd::forward_workspace_bytes<float>(cpu, g));
  winograd::forward<float>(cpu, g, b.x.data(), b.w.data(), {}, r.y.data(), workspace);
  if (!winograd::supports(g)) return r;
  workspace = test::scratch(winograd::backward_input_workspace_bytes<float>(cpu, g));
  winograd::backward_input<float>(cpu, g, b.dy.data(), b.w.data(), r.dx.data(), write, workspace);
  workspace = test::scratch(winograd::backward_weight_workspace_bytes<float>(cpu, g));
  winograd::backward_weight<float>(cpu, g, b.x.data(), b.dy.data(), r.dw.data(), write, workspace);
  return r;
}

TEST_CASE("conv2d: Winograd at odd sizes, with every padding, on 1, 2 and 4 threads") {
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
        const Results one = run_winograd(g, b, 1, write);
        CHECK(errors(one.y, y).largest < 2e-5);
        CHECK(errors(one.dx, dx).largest < 2e-5);
        CHECK(errors(one.dw, dw).largest < 2e-5);
        for (const int threads : {2, 4}) {
          CAPTURE(threads);
          const Results many = run_winograd(g, b, threads, write);
          CHECK(test::same_bits(many.y, one.y));
          CHECK(test::same_bits(many.dx, one.dx));
          CHECK(test::same_bits(many.dw, one.dw));
        }
      }
    }
  }
}

TEST_CASE(
    "conv2d: Winograd takes the head's 7 channels forward, the direct sums take its gradients") {
  const Conv2dGeometry head{1, 16, 320, 320, 7, 3, 3, 1, 1};
  const auto choice = [&](Conv2dPass pass) {
    return conv2d_implementation(Cpu{2}, pass, head, DType::f32);
  };
  CHECK(choice(Conv2dPass::forward) == "winograd");
  CHECK(choice(Conv2dPass::backward_input) == "direct");
  CHECK(choice(Conv2dPass::backward_weight) == "direct");
}

}  // namespace
}  // namespace fpanet::kernels
