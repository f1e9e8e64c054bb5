#include "kernels/relu.hpp"

#include "tests/kernels/check.hpp"
#include "tests/kernels/elementwise.hpp"

namespace fpanet::kernels {
namespace {

using namespace fpanet::test;

TEST_CASE_TEMPLATE("relu", T, float, double, bfloat16) {
  for (const Index size : kElementCounts) {
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

}  // namespace
}  // namespace fpanet::kernels
