// Winograd's convolution of bfloat16: that of float on the widened numbers, rounded where it is written, to
// the bit.

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "kernels/conv2d/winograd.hpp"
#include "tests/kernels/check.hpp"
#include "tests/kernels/conv2d_samples.hpp"

namespace fpanet::kernels {
namespace {

std::vector<bfloat16> rounded_values(const std::vector<float>& values) {
  std::vector<bfloat16> low;
  for (const float value : values) low.push_back(bfloat16(value));
  return low;
}

std::vector<float> in_float(const std::vector<bfloat16>& values) {
  std::vector<float> wide;
  for (const bfloat16 value : values) wide.push_back(real(value));
  return wide;
}

/// Numbers of one geometry that bfloat16 holds, as T.
template <class T>
struct Numbers {
  std::vector<T> x, w, dy, residual, dx;
  std::vector<float> bias, dw;
};

Numbers<bfloat16> numbers_of(const Conv2dGeometry& g) {
  std::mt19937 random(5);
  const auto made = [&](Index count) { return test::normal(random, count, 1, false); };
  const Index in = g.input_pixels() * g.c_in, out = g.output_pixels() * g.c_out;
  return {.x = rounded_values(made(in)),
          .w = rounded_values(made(g.weight_numel())),
          .dy = rounded_values(made(out)),
          .residual = rounded_values(made(out)),
          .dx = rounded_values(made(in)),
          .bias = made(g.c_out),
          .dw = made(g.weight_numel())};
}

template <class T>
struct PassResults {
  std::vector<T> y, prepared_y, dx;
  std::vector<float> dw;
};

template <Index kTile, class T>
PassResults<T> run_passes(const Cpu& cpu, const Conv2dGeometry& g, const Numbers<T>& n, bool finish,
                          Write write) {
  const Conv2dEpilogue<T> epilogue{.bias = finish ? n.bias.data() : nullptr,
                                   .residual = finish ? n.residual.data() : nullptr,
                                   .relu = finish};
  PassResults<T> results{std::vector<T>(n.dy.size()), std::vector<T>(n.dy.size()), n.dx, n.dw};
  auto workspace = test::scratch(winograd::forward_workspace_bytes<T, kTile>(cpu, g));
  winograd::forward<T, kTile>(cpu, g, n.x.data(), n.w.data(), epilogue, results.y.data(),
                              workspace);
  std::vector<T> u(static_cast<std::size_t>(winograd::prepared_numel<T, kTile>(g)));
  winograd::prepare<T, kTile>(cpu, g, n.w.data(), u.data());
  workspace = test::scratch(winograd::forward_prepared_workspace_bytes<T, kTile>(cpu, g));
  winograd::forward_prepared<T, kTile>(cpu, g, n.x.data(), u.data(), epilogue,
                                       results.prepared_y.data(), workspace);
  if (!winograd::supports(g)) return results;
  workspace = test::scratch(winograd::backward_input_workspace_bytes<T, kTile>(cpu, g));
  winograd::backward_input<T, kTile>(cpu, g, n.dy.data(), n.w.data(), results.dx.data(), write,
                                     workspace);
  workspace = test::scratch(winograd::backward_weight_workspace_bytes<T>(cpu, g));
  winograd::backward_weight<T>(cpu, g, n.x.data(), n.dy.data(), results.dw.data(), write,
                               workspace);
  return results;
}

template <Index kTile>
void check_rounded_winograd() {
  CAPTURE(kTile);
  for (const Conv2dGeometry& g : {Conv2dGeometry{1, 16, 3, 3, 16, 3, 3, 1, 0},
                                  {1, 16, 1, 9, 32, 3, 3, 1, 1},
                                  {2, 48, 5, 7, 16, 3, 3, 1, 2},
                                  {1, 32, 6, 13, 80, 3, 3, 1, 1},
                                  {1, 256, 8, 8, 256, 3, 3, 1, 1},
                                  {2, 16, 5, 7, 7, 3, 3, 1, 1},
                                  {1, 32, 6, 5, 21, 3, 3, 1, 2}}) {
    CAPTURE(test::str(g));
    const Numbers<bfloat16> low = numbers_of(g);
    const Numbers<float> wide{in_float(low.x),
                              in_float(low.w),
                              in_float(low.dy),
                              in_float(low.residual),
                              in_float(low.dx),
                              low.bias,
                              low.dw};
    for (const bool finish : {false, true}) {
      CAPTURE(finish);
      const Write write = finish ? Write::accumulate : Write::assign;
      const PassResults<float> expected = run_passes<kTile>(Cpu{1}, g, wide, finish, write);
      for (const int threads : {1, 2, 4}) {
        CAPTURE(threads);
        const PassResults<bfloat16> got = run_passes<kTile>(Cpu{threads}, g, low, finish, write);
        CHECK(test::same_bits(got.y, rounded_values(expected.y)));
        CHECK(test::same_bits(got.prepared_y, got.y));
        CHECK(test::same_bits(got.dx, rounded_values(expected.dx)));
        CHECK(test::same_bits(got.dw, expected.dw));
      }
    }
  }
}

TEST_CASE("conv2d: Winograd of bfloat16 is that of float, rounded when written") {
  check_rounded_winograd<2>();
  check_rounded_winograd<4>();
  check_rounded_winograd<5>();
}

TEST_CASE("conv2d: bfloat16 goes through Winograd from 64 channels each way, else through pairs") {
  const auto choice = [](const Conv2dGeometry& g, Conv2dPass pass) {
    return conv2d_implementation(Cpu{2}, pass, g, DType::bf16);
  };
  for (const Conv2dPass pass :
       {Conv2dPass::forward, Conv2dPass::backward_input, Conv2dPass::backward_weight}) {
    CHECK(choice({8, 64, 80, 80, 64, 3, 3, 1, 1}, pass) == "winograd 4x4");
    CHECK(choice({8, 192, 80, 80, 64, 3, 3, 1, 1}, pass) == "winograd 4x4");
    CHECK(choice({8, 128, 160, 160, 32, 3, 3, 1, 1}, pass) == "pairs");
    CHECK(choice({8, 64, 80, 80, 128, 3, 3, 2, 1}, pass) == "pairs");
    CHECK(choice({1, 64, 8, 8, 64, 3, 3, 1, 1}, pass) == "pairs");
  }
}

}  // namespace
}  // namespace fpanet::kernels
