#include "kernels/softmax.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/naive/softmax.hpp"
#include "tests/kernels/check.hpp"

namespace fpanet::kernels {
namespace {

using namespace fpanet::test;

TEST_CASE_TEMPLATE("softmax and log_softmax over rows of any length", T, float, double, bfloat16) {
  const std::pair<Index, Index> sizes[] = {{1, 1},     {5, 1},     {3, 2},    {70, 3},  {1000, 7},
                                           {70, 8},    {70, 9},    {300, 64}, {4, 100}, {3, 2049},
                                           {2, 10000}, {1, 16384}, {2, 40001}};
  for (const auto& size : sizes) {
    const Index rows = size.first, cols = size.second;
    for (const bool logarithm : {false, true}) {
      CAPTURE(rows);
      CAPTURE(cols);
      CAPTURE(logarithm);
      const auto x = uniform<T>("x", rows * cols, -20, 20), dy = uniform<T>("dy", rows * cols);
      const auto wide = widened(x), wide_dy = widened(dy);
      std::vector<double> y = filled<double>(rows * cols, 0), dx = y;
      naive::softmax<double>({wide.data(), 1, rows, cols}, logarithm, y.data());
      const std::vector<T> saved = narrowed<T>(y);
      const auto wide_saved = widened(saved);
      naive::softmax_backward<double>({wide_saved.data(), 1, rows, cols}, logarithm, wide_dy.data(),
                                      dx.data());
      const auto forward = [&](const auto& device, const T* from, T* out) {
        auto workspace = scratch(softmax_workspace_bytes<T>(device, rows, cols));
        const Matrices<const T> m{from, 1, rows, cols};
        logarithm ? log_softmax<T>(device, m, out, workspace)
                  : softmax<T>(device, m, out, workspace);
      };
      check_assigned<T>(y, tolerance<T>(),
                        [&](const auto& device, T* out) { forward(device, x.data(), out); });
      check_assigned<T>(y, tolerance<T>(), [&](const auto& device, T* out) {  // in place
        std::copy(x.begin(), x.end(), out);
        forward(device, out, out);
      });
      check_written<T>(dx, tolerance<T>(), [&](const auto& device, T* out, Write write) {
        auto workspace = scratch(softmax_workspace_bytes<T>(device, rows, cols));
        const Matrices<const T> m{saved.data(), 1, rows, cols};
        logarithm ? log_softmax_backward<T>(device, m, dy.data(), out, write, workspace)
                  : softmax_backward<T>(device, m, dy.data(), out, write, workspace);
      });
    }
  }
}

TEST_CASE("what softmax leaves of a saturated map is 0 and no subnormal number") {
  // Scores of an attention map whose largest entry is far above the others.
  for (const Index cols : {Index{300}, Index{40001}}) {
    CAPTURE(cols);
    std::vector<float> x = uniform<float>("scores", cols, -2000, 80);
    x[7] = 100;
    std::vector<float> y(x.size());
    const Cpu cpu{1};
    auto workspace = scratch(softmax_workspace_bytes<float>(cpu, 1, cols));
    softmax<float>(cpu, {x.data(), 1, 1, cols}, y.data(), workspace);
    CHECK(y[7] == doctest::Approx(1));
    CHECK(std::ranges::count(y, 0.0F) > cols * 9 / 10);
    CHECK(std::ranges::none_of(y, [](float v) { return std::fpclassify(v) == FP_SUBNORMAL; }));
  }
}

TEST_CASE_TEMPLATE("softmax stays finite where exp does not, and a NaN shows", T, float, double) {
  const T low = -std::numeric_limits<T>::infinity(), nan = std::numeric_limits<T>::quiet_NaN();
  const std::vector<T> x = {1000, 1000, -1000, low, 0, nan, 0, 0};
  const auto check = [&](const auto& device) {
    std::vector<T> y(8);
    softmax<T>(device, {x.data(), 1, 2, 4}, y.data(), {});
    CHECK(difference(std::vector<T>(y.begin(), y.begin() + 4), {0.5, 0.5, 0, 0}) < 1e-37);
    for (std::size_t i = 4; i < 8; ++i) CHECK(std::isnan(y[i]));
  };
  check(Cpu{1});
  on_gpus<T>(check);
}

}  // namespace
}  // namespace fpanet::kernels
