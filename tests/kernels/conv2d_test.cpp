#include "kernels/conv2d.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "kernels/naive/conv2d.hpp"
#include "tests/kernels/conv2d_samples.hpp"

namespace fpanet::kernels {
namespace {

using test::Conv2dBuffers;

template <class T>
void run_conv2d(const Cpu& cpu, const Conv2dGeometry& g, Conv2dBuffers<T>& b, Write write) {
  std::vector<std::byte> workspace(std::max({conv2d_workspace_bytes<T>(cpu, g, {}),
                                             conv2d_backward_input_workspace_bytes<T>(cpu, g),
                                             conv2d_backward_weight_workspace_bytes<T>(cpu, g),
                                             conv2d_backward_bias_workspace_bytes<T>(cpu, g)}));
  const std::span<std::byte> scratch(workspace);
  const auto part = [&](std::size_t bytes) {
    std::fill(workspace.begin(), workspace.end(), std::byte{0xff});  // NaN: read before written
    return scratch.first(bytes);
  };
  conv2d(cpu, g, b.x.data(), b.w.data(), {.bias = write == Write::assign ? b.bias.data() : nullptr},
         b.y.data(), part(conv2d_workspace_bytes<T>(cpu, g, {})));
  conv2d_backward_input(cpu, g, b.dy.data(), b.w.data(), b.dx.data(), write,
                        part(conv2d_backward_input_workspace_bytes<T>(cpu, g)));
  conv2d_backward_weight(cpu, g, b.x.data(), b.dy.data(), b.dw.data(), write,
                         part(conv2d_backward_weight_workspace_bytes<T>(cpu, g)));
  conv2d_backward_bias(cpu, g, b.dy.data(), b.db.data(), write,
                       part(conv2d_backward_bias_workspace_bytes<T>(cpu, g)));
}

// The definition's results: bias added and gradients assigned, or, from integers exactly, neither.
template <class T>
Conv2dBuffers<T> run_naive(const Conv2dGeometry& g, const Conv2dBuffers<T>& before) {
  Conv2dBuffers<T> b = before;
  naive::conv2d(g, b.x.data(), b.w.data(), {.bias = b.bias.data()}, b.y.data());
  naive::conv2d_backward_input(g, b.dy.data(), b.w.data(), b.dx.data(), Write::assign);
  naive::conv2d_backward_weight(g, b.x.data(), b.dy.data(), b.dw.data(), Write::assign);
  naive::conv2d_backward_bias(g, b.dy.data(), b.db.data(), Write::assign);
  return b;
}

template <class T>
Conv2dBuffers<T> accumulated(const Conv2dBuffers<T>& before, Conv2dBuffers<T> assigned) {
  for (std::size_t i = 0; i < before.y.size(); ++i) {
    assigned.y[i] -= before.bias[i % before.bias.size()];
  }
  for (std::size_t i = 0; i < before.dx.size(); ++i) assigned.dx[i] += before.dx[i];
  for (std::size_t i = 0; i < before.dw.size(); ++i) assigned.dw[i] += before.dw[i];
  for (std::size_t i = 0; i < before.db.size(); ++i) assigned.db[i] += before.db[i];
  return assigned;
}

// Largest difference, relative to the root mean square of what is expected.
template <class T>
double relative_error(const std::vector<T>& got, const std::vector<T>& expected) {
  double largest = 0, squares = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    largest = std::max(largest, static_cast<double>(std::abs(got[i] - expected[i])));
    squares += static_cast<double>(expected[i]) * static_cast<double>(expected[i]);
  }
  return largest == 0 ? 0 : largest / std::sqrt(squares / static_cast<double>(got.size()));
}

// Every implementation but Winograd's is exact on small integers. The bound tells rounding, at most
// 1e-5 (conv2d_winograd_test.cpp), from a wrong border.
template <class T>
void check_pass(Conv2dPass pass, const Conv2dGeometry& g, const std::vector<T>& got,
                const std::vector<T>& expected) {
  const std::string_view name = conv2d_implementation(Cpu{}, pass, g, dtype_v<T>);
  CAPTURE(name);
  if (name.starts_with("winograd")) {
    CHECK(relative_error(got, expected) < 2e-5);
  } else {
    CHECK(got == expected);
  }
}

TEST_CASE_TEMPLATE("conv2d: integers give exactly what the definition gives", T, float, double) {
  for (const Conv2dGeometry& g : test::conv2d_samples()) {
    CAPTURE(test::str(g));
    const Conv2dBuffers<T> before = test::integer_buffers<T>(g);
    const Conv2dBuffers<T> assigned = run_naive(g, before);
    for (const Write write : {Write::assign, Write::accumulate}) {
      CAPTURE(static_cast<int>(write));
      const Conv2dBuffers<T> expected =
          write == Write::assign ? assigned : accumulated(before, assigned);
      Conv2dBuffers<T> fast = before;
      run_conv2d(Cpu{2}, g, fast, write);
      check_pass(Conv2dPass::forward, g, fast.y, expected.y);
      check_pass(Conv2dPass::backward_input, g, fast.dx, expected.dx);
      check_pass(Conv2dPass::backward_weight, g, fast.dw, expected.dw);
      CHECK(fast.db == expected.db);
    }
  }
}

TEST_CASE_TEMPLATE("conv2d: 1, 2 and 4 threads give the same bits", T, float, double) {
  std::vector<Conv2dGeometry> geometries = test::conv2d_samples();
  geometries.push_back({2, 16, 61, 67, 16, 3, 3, 1, 1});
  geometries.push_back({2, 3, 65, 64, 64, 7, 7, 2, 3});
  for (const Conv2dGeometry& g : geometries) {
    CAPTURE(test::str(g));
    Conv2dBuffers<T> one = test::integer_buffers<T>(g);
    for (auto* values : {&one.x, &one.w, &one.dy}) {
      for (T& v : *values) v = std::sin(v * T(1.7) + T(values->size() % 5));
    }
    Conv2dBuffers<T> two = one, four = one;
    run_conv2d(Cpu{1}, g, one, Write::assign);
    run_conv2d(Cpu{2}, g, two, Write::assign);
    run_conv2d(Cpu{4}, g, four, Write::assign);
    for (const Conv2dBuffers<T>* other : {&two, &four}) {
      CHECK(one.y == other->y);
      CHECK(one.dx == other->dx);
      CHECK(one.dw == other->dw);
      CHECK(one.db == other->db);
    }
  }
}

TEST_CASE("conv2d: workspace of batch 8 at 320x320 stays small") {
  constexpr std::size_t kLimit = 150u << 20;
  for (const Conv2dGeometry& g : {Conv2dGeometry{8, 3, 320, 320, 64, 7, 7, 2, 3},
                                  Conv2dGeometry{8, 16, 320, 320, 16, 3, 3, 1, 1},
                                  Conv2dGeometry{8, 128, 160, 160, 32, 3, 3, 1, 1},
                                  Conv2dGeometry{8, 192, 80, 80, 64, 3, 3, 1, 1},
                                  Conv2dGeometry{8, 768, 20, 20, 256, 3, 3, 1, 1},
                                  Conv2dGeometry{8, 512, 10, 10, 512, 3, 3, 1, 1}}) {
    CAPTURE(test::str(g));
    CHECK(conv2d_workspace_bytes<float>(Cpu{4}, g, {}) < kLimit);
    CHECK(conv2d_backward_input_workspace_bytes<float>(Cpu{4}, g) < kLimit);
    CHECK(conv2d_backward_weight_workspace_bytes<float>(Cpu{4}, g) < kLimit);
    CHECK(conv2d_backward_bias_workspace_bytes<float>(Cpu{4}, g) < kLimit);
  }
}

}  // namespace
}  // namespace fpanet::kernels
