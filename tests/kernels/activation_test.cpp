#include "kernels/activation.hpp"

#include "tests/kernels/check.hpp"
#include "tests/kernels/elementwise.hpp"

namespace fpanet::kernels {
namespace {

using namespace fpanet::test;

TEST_CASE_TEMPLATE("sigmoid, tanh and clamp", T, float, double, bfloat16) {
  for (const Index size : kElementCounts) {
    CAPTURE(size);
    const auto x = uniform<T>("x", size, -4, 4), dy = uniform<T>("dy", size);
    const auto y01 = uniform<T>("y", size, 0, 1);
    using Out = std::span<T>;
    const auto forward = [&](auto formula, auto kernel) {
      check_assigned<T>(each(size, [&](std::size_t i) { return formula(widened(x[i])); }),
                        tolerance<T>(),
                        [&](const auto& device, T* y) { kernel(device, span_of(y, size)); });
    };
    forward([](double v) { return 1 / (1 + std::exp(-v)); },
            [&](const auto& device, Out y) { sigmoid<T>(device, x, y); });
    forward([](double v) { return std::tanh(v); },
            [&](const auto& device, Out y) { kernels::tanh<T>(device, x, y); });
    const auto backward = [&](auto slope, auto kernel) {
      check_written<T>(
          each(size, [&](std::size_t i) { return slope(widened(y01[i])) * widened(dy[i]); }),
          tolerance<T>(), [&](const auto& device, T* dx, Write write) {
            kernel(device, span_of(dx, size), write);
          });
    };
    backward([](double y) { return y * (1 - y); },
             [&](const auto& device, Out dx, Write write) {
               sigmoid_backward<T>(device, y01, dy, dx, write);
             });
    backward([](double y) { return 1 - y * y; },
             [&](const auto& device, Out dx, Write write) {
               tanh_backward<T>(device, y01, dy, dx, write);
             });

    check_assigned<T>(
        each(size, [&](std::size_t i) { return std::clamp(widened(x[i]), -0.5, 1.0); }), 0,
        [&](const auto& device, T* y) { clamp<T>(device, x, -0.5, 1, span_of(y, size)); });
    const auto passes = each(size, [&](std::size_t i) {
      return widened(x[i]) >= -0.5 && widened(x[i]) <= 1 ? widened(dy[i]) : 0.0;
    });
    check_written<T>(passes, tolerance<T>(), [&](const auto& device, T* dx, Write write) {
      clamp_backward<T>(device, x, dy, -0.5, 1, span_of(dx, size), write);
    });
  }
}

TEST_CASE_TEMPLATE("clamp: the gradient passes on the edges themselves", T, float, double) {
  const std::vector<T> x = {0, 1, T(-0.5), T(1.5)}, dy = {1, 2, 3, 4};
  std::vector<T> dx(4);
  clamp_backward<T>(Cpu{1}, x, dy, 0, 1, dx, Write::assign);
  CHECK(dx == std::vector<T>{1, 2, 0, 0});
}

}  // namespace
}  // namespace fpanet::kernels
