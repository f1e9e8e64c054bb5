#include "kernels/activation.hpp"
#include "kernels/add.hpp"
#include "kernels/argmax.hpp"
#include "kernels/bias_add.hpp"
#include "kernels/relu.hpp"
#include "kernels/to_unit.hpp"
#include "tests/kernels/check.hpp"

namespace fpanet::kernels {
namespace {

using namespace fpanet::test;

constexpr Index kSizes[] = {1, 3, 16, 1000, 40000};  // the last takes three chunks

/// f(i) for every element.
template <class F>
std::vector<double> each(Index size, const F& f) {
  std::vector<double> values;
  for (Index i = 0; i < size; ++i) values.push_back(f(static_cast<std::size_t>(i)));
  return values;
}

template <class T>
std::span<T> span_of(T* data, Index size) {
  return {data, static_cast<std::size_t>(size)};
}

TEST_CASE_TEMPLATE("relu", T, float, double, bfloat16) {
  for (const Index size : kSizes) {
    CAPTURE(size);
    const auto x = uniform<T>("x", size), dy = uniform<T>("dy", size);
    const auto expected = each(size, [&](std::size_t i) { return std::max(widened(x[i]), 0.0); });
    check_assigned<T>(expected, 0,
                      [&](const auto& device, T* y) { relu<T>(device, x, span_of(y, size)); });
    check_assigned<T>(expected, 0, [&](const auto& device, T* y) {  // in place
      std::copy(x.begin(), x.end(), y);
      relu<T>(device, span_of<const T>(y, size), span_of(y, size));
    });
    const auto slopes =
        each(size, [&](std::size_t i) { return widened(x[i]) > 0 ? widened(dy[i]) : 0.0; });
    check_written<T>(slopes, tolerance<T>(), [&](const auto& device, T* dx, Write write) {
      relu_backward<T>(device, x, dy, span_of(dx, size), write);
    });
  }
}

TEST_CASE("relu: a NaN stays visible") {
  const std::vector<float> x = {std::numeric_limits<float>::quiet_NaN(), -1, 2};
  std::vector<float> y(3);
  relu<float>(Cpu{1}, x, y);
  CHECK(std::isnan(y[0]));
  CHECK(y[1] == 0);
  CHECK(y[2] == 2);
}

TEST_CASE_TEMPLATE("add and copy", T, float, double, bfloat16) {
  for (const Index size : kSizes) {
    CAPTURE(size);
    const auto a = uniform<T>("a", size), b = uniform<T>("b", size);
    const auto sum = each(size, [&](std::size_t i) { return widened(a[i]) + widened(b[i]); });
    check_assigned<T>(sum, tolerance<T>(),
                      [&](const auto& device, T* y) { add<T>(device, a, b, span_of(y, size)); });
    check_written<T>(widened(a), tolerance<T>(), [&](const auto& device, T* y, Write write) {
      copy<T>(device, a, span_of(y, size), write);
    });
  }
}

TEST_CASE_TEMPLATE("sigmoid, tanh and clamp", T, float, double, bfloat16) {
  for (const Index size : kSizes) {
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

TEST_CASE_TEMPLATE("bias_add and its gradient", T, float, double, bfloat16) {
  using R = Real<T>;
  for (const ImageSize& s : image_sizes()) {
    CAPTURE(s.str());
    const auto x = uniform<T>("x", s.numel());
    const auto b = uniform<R>("b", s.c);
    const Matrices<const T> rows{x.data(), 1, s.pixels(), s.c};
    std::vector<double> sum = widened(x), gradient = filled<double>(s.c, 0);
    for (std::size_t i = 0; i < sum.size(); ++i) {
      const std::size_t c = i % static_cast<std::size_t>(s.c);
      gradient[c] += sum[i];
      sum[i] += static_cast<double>(b[c]);
    }
    check_assigned<T>(sum, tolerance<T>(),
                      [&](const auto& device, T* y) { bias_add<T>(device, rows, b.data(), y); });
    check_written<R, T>(gradient, tolerance<R>(), [&](const auto& device, R* db, Write write) {
      auto workspace = scratch(bias_gradient_workspace_bytes<T>(device, s.pixels(), s.c));
      bias_gradient<T>(device, rows, db, write, workspace);
    });
  }
}

TEST_CASE_TEMPLATE("argmax: the first of several", T, float, double, bfloat16) {
  std::vector<T> x;
  for (const float value : {1, 3, 3, 2, 2, 2, -1, -3, -2}) x.push_back(static_cast<T>(value));
  const auto check = [&](const auto& device) {
    std::vector<std::int32_t> y(3);
    argmax<T>(device, {x.data(), 1, 3, 3}, y.data());
    CHECK(y == std::vector<std::int32_t>{1, 0, 0});
  };
  on_cpus<T>(check);
  on_cards<T>(check);
}

TEST_CASE("to_unit divides in float, whatever comes out") {
  std::vector<std::uint8_t> bytes(256);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i);
  std::vector<float> single(256);
  std::vector<double> wide(256);
  to_unit<float>(Cpu{2}, bytes, single);
  to_unit<double>(Cpu{2}, bytes, wide);
  std::vector<bfloat16> low(256);
  to_unit<bfloat16>(Cpu{2}, bytes, low);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    CHECK(single[i] == static_cast<float>(i) / 255.0F);
    CHECK(wide[i] == double{single[i]});
    CHECK(low[i].bits == bfloat16(single[i]).bits);
  }
  for (const int gpu : {0, 1}) {
    std::vector<float> on_gpu(256);
    std::vector<bfloat16> rounded(256);
    to_unit<float>(Cuda{gpu}, bytes, on_gpu);
    to_unit<bfloat16>(Cuda{gpu}, bytes, rounded);
    CHECK(same_bits(on_gpu, single));
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      CHECK(rounded[i].bits == bfloat16(single[i]).bits);
    }
  }
}

}  // namespace
}  // namespace fpanet::kernels
