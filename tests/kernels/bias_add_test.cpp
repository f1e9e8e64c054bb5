#include "kernels/bias_add.hpp"

#include "tests/kernels/check.hpp"

namespace fpanet::kernels {
namespace {

using namespace fpanet::test;

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

}  // namespace
}  // namespace fpanet::kernels
