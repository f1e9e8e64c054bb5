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
  std::normal_distribution<float> distribution(0, static_cast<float>(deviation));
  std::vector<float> values(static_cast<std::size_t>(count));
  for (float& v : values) {
    v = distribution(random);
    if (rectified) v = std::max(v, 0.0f);
  }
  return values;
}

std::vector<double> widened(const std::vector<float>& values) {
  return {values.begin(), values.end()};
}

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
                                    {512, 512}}) {
    const Index side = c_in * c_out > 100000 ? 5 : c_in * c_out > 10000 ? 10 : 20;
    const Conv2dGeometry g{2, c_in, side, side, c_out, 3, 3, 1, 1};
    CAPTURE(test::str(g));
    REQUIRE(winograd::supports(g));
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
      backward_input(cpu, g, dy.data(), w.data(), dx.data(), Write::assign, workspace);
      backward_weight(cpu, g, x.data(), dy.data(), dw.data(), Write::assign, workspace);
      return {errors(y, y64), errors(dx, dx64), errors(dw, dw64)};
    };
    const Passes fast = run(winograd::forward, winograd::backward_input, winograd::backward_weight,
                            std::max({winograd::forward_workspace_bytes(cpu, g),
                                      winograd::backward_input_workspace_bytes(cpu, g),
                                      winograd::backward_weight_workspace_bytes(cpu, g)}));
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

}  // namespace
}  // namespace fpanet::kernels
