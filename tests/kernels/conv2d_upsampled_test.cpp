// The convolution that reads an enlarged image without making it, against the definition in double on
// the image made, and its choice by shape.

#include "kernels/conv2d_upsampled.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "kernels/conv2d/winograd_phases.hpp"
#include "kernels/naive/conv2d.hpp"
#include "kernels/upsample2x.hpp"
#include "tests/kernels/check.hpp"
#include "tests/kernels/conv2d_samples.hpp"

namespace fpanet::kernels {
namespace {

namespace phases = winograd::phases;
using test::scratch;

std::string str(const UpsampledGeometry& g) {
  return test::str(g.whole) + " up_channels=" + std::to_string(g.up_channels);
}

struct UpsampledBuffers {
  std::vector<float> x, skip, w, bias;

  // Activations after a ReLU, weights as He initialises them.
  explicit UpsampledBuffers(const UpsampledGeometry& g) {
    const Conv2dGeometry& whole = g.whole;
    const double deviation = std::sqrt(2.0 / (9.0 * static_cast<double>(whole.c_in)));
    std::mt19937 random{7};
    x = test::normal(random, whole.input_pixels() / 4 * g.up_channels, 1, true);
    skip = test::normal(random, whole.input_pixels() * g.skip_channels(), 1, true);
    w = test::normal(random, whole.weight_numel(), deviation, false);
    bias = test::normal(random, whole.c_out, 1, false);
  }

  const float* skip_or_null() const { return skip.empty() ? nullptr : skip.data(); }
};

std::vector<double> defined_result(const UpsampledGeometry& g, const UpsampledBuffers& b, bool bias,
                                   bool relu) {
  const Conv2dGeometry& whole = g.whole;
  const std::vector<double> x = test::widened(b.x), skip = test::widened(b.skip),
                            w = test::widened(b.w), offset = test::widened(b.bias);
  std::vector<double> source(static_cast<std::size_t>(whole.input_pixels() * whole.c_in));
  upsample2x_concat<double>(Cpu{1}, {x.data(), whole.n, g.up_channels, whole.h / 2, whole.w / 2},
                            {skip.data(), whole.n, g.skip_channels(), whole.h, whole.w},
                            View<double>{source.data(), whole.n, whole.c_in, whole.h, whole.w});
  std::vector<double> y(static_cast<std::size_t>(whole.output_pixels() * whole.c_out));
  naive::conv2d<double>(whole, source.data(), w.data(),
                        {.bias = bias ? offset.data() : nullptr, .relu = relu}, y.data());
  return y;
}

// By phases, whatever the size.
std::vector<float> run_upsampled(const UpsampledGeometry& g, const UpsampledBuffers& b, bool bias,
                                 bool relu, int threads) {
  const Cpu cpu{threads};
  REQUIRE(phases::supports(g));
  std::vector<float> u(static_cast<std::size_t>(phases::u_numel(g)), NAN);
  phases::make_u(cpu, g, b.w.data(), u.data());
  std::vector<float> y(static_cast<std::size_t>(g.whole.output_pixels() * g.whole.c_out), NAN);
  auto workspace = scratch(phases::workspace_bytes(cpu, g));
  phases::run(cpu, g, b.x.data(), b.skip_or_null(), u.data(),
              {.bias = bias ? b.bias.data() : nullptr, .relu = relu}, y.data(), workspace);
  return y;
}

const std::vector<UpsampledGeometry> kSamples{
    {{1, 32, 2, 2, 16, 3, 3, 1, 1}, 16},     {{2, 16, 6, 10, 32, 3, 3, 1, 1}, 16},
    {{1, 80, 18, 14, 48, 3, 3, 1, 1}, 48},   {{3, 48, 8, 22, 16, 3, 3, 1, 1}, 16},
    {{1, 96, 40, 34, 80, 3, 3, 1, 1}, 64},   {{2, 32, 62, 38, 16, 3, 3, 1, 1}, 32},
    {{1, 384, 16, 16, 128, 3, 3, 1, 1}, 256}};

TEST_CASE("conv2d of an enlarged image: the definition, on 1, 2 and 4 threads") {
  for (const UpsampledGeometry& g : kSamples) {
    CAPTURE(str(g));
    const UpsampledBuffers b(g);
    for (const bool bias : {false, true}) {
      for (const bool relu : {false, true}) {
        CAPTURE(bias);
        CAPTURE(relu);
        const std::vector<float> one = run_upsampled(g, b, bias, relu, 1);
        // The root mean square of y before the ReLU is about 1.
        CHECK(test::difference(one, defined_result(g, b, bias, relu)) < 1.5e-5);
        for (const int threads : {2, 4}) {
          CAPTURE(threads);
          CHECK(test::same_bits(run_upsampled(g, b, bias, relu, threads), one));
        }
      }
    }
  }
}

TEST_CASE("conv2d of an enlarged image: the choice, with plain and prepared weights") {
  const Cpu cpu{2};
  for (const UpsampledGeometry& g : {UpsampledGeometry{{1, 48, 8, 22, 16, 3, 3, 1, 1}, 16},
                                     {{1, 20, 6, 10, 7, 3, 3, 1, 1}, 15},
                                     {{1, 384, 40, 40, 128, 3, 3, 1, 1}, 256},
                                     {{1, 128, 160, 160, 32, 3, 3, 1, 1}, 64}}) {
    CAPTURE(str(g));
    const UpsampledBuffers b(g);
    const Conv2dEpilogue<float> epilogue{.bias = b.bias.data(), .relu = true};
    std::vector<float> y(static_cast<std::size_t>(g.whole.output_pixels() * g.whole.c_out), NAN);
    auto workspace = scratch(conv2d_upsampled_workspace_bytes<float>(cpu, g));
    conv2d_upsampled<float>(cpu, g, b.x.data(), b.skip_or_null(), b.w.data(), epilogue, y.data(),
                            workspace);
    const bool pays = conv2d_upsampled_is_worthwhile(cpu, g);
    CHECK(pays == (g.whole.h >= 40));
    CHECK(conv2d_upsampled_implementation<float>(cpu, g) ==
          (pays ? "winograd phases" : "enlarged"));
    CHECK(conv2d_upsampled_implementation<double>(cpu, g) == "enlarged");
    if (pays) {
      CHECK(test::same_bits(y, run_upsampled(g, b, true, true, 2)));
    } else {
      CHECK(test::difference(y, defined_result(g, b, true, true)) < 5e-6);
    }
    const Index numel = conv2d_upsampled_prepared_numel(cpu, g);
    CHECK((numel > 0) == pays);
    if (numel == 0) continue;
    std::vector<float> prepared(static_cast<std::size_t>(numel), NAN);
    conv2d_upsampled_prepare(cpu, g, b.w.data(), prepared.data());
    std::vector<float> again(y.size(), NAN);
    workspace = scratch(conv2d_upsampled_prepared_workspace_bytes(cpu, g));
    conv2d_upsampled_prepared(cpu, g, b.x.data(), b.skip_or_null(), prepared.data(), epilogue,
                              again.data(), workspace);
    CHECK(test::same_bits(again, y));
  }
}

TEST_CASE("conv2d of an enlarged image: where it pays") {
  const Cpu cpu{2};
  // FPA-Net's decoder at 320x320; the first block's x is 10 pixels wide, of three tiles a row.
  CHECK_FALSE(conv2d_upsampled_is_worthwhile(cpu, {{1, 768, 20, 20, 256, 3, 3, 1, 1}, 512}));
  CHECK(conv2d_upsampled_is_worthwhile(cpu, {{1, 384, 40, 40, 128, 3, 3, 1, 1}, 256}));
  CHECK(conv2d_upsampled_is_worthwhile(cpu, {{1, 192, 80, 80, 64, 3, 3, 1, 1}, 128}));
  CHECK(conv2d_upsampled_is_worthwhile(cpu, {{1, 128, 160, 160, 32, 3, 3, 1, 1}, 64}));
  CHECK(conv2d_upsampled_is_worthwhile(cpu, {{1, 32, 320, 320, 16, 3, 3, 1, 1}, 32}));
  // What it cannot do.
  CHECK_FALSE(conv2d_upsampled_is_worthwhile(cpu, {{8, 128, 160, 160, 7, 3, 3, 1, 1}, 64}));
  CHECK_FALSE(conv2d_upsampled_is_worthwhile(cpu, {{8, 128, 160, 160, 32, 3, 3, 1, 0}, 64}));
  CHECK_FALSE(conv2d_upsampled_is_worthwhile(cpu, {{8, 128, 160, 160, 32, 3, 3, 1, 1}, 8}));
  CHECK_FALSE(conv2d_upsampled_is_worthwhile(cpu, {{8, 128, 161, 160, 32, 3, 3, 1, 1}, 64}));
}

}  // namespace
}  // namespace fpanet::kernels
