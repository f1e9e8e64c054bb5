#include "kernels/sum_of_squares.hpp"

#include "tests/kernels/check.hpp"

namespace fpanet::kernels {
namespace {

using namespace fpanet::test;

TEST_CASE_TEMPLATE("sum_of_squares: the definition, for few elements, whole chunks and more", T,
                   float, double, bfloat16) {
  for (const Index size : {Index{0}, Index{1}, Index{257}, Index{16384}, Index{40003}}) {
    CAPTURE(size);
    const auto x = uniform<T>("x", size, -3, 3);
    double expected = 0;
    for (const T value : x) expected += widened(value) * widened(value);
    check_written<double, T>(
        {expected}, kSummationOrder, [&](const auto& device, double* sum, Write write) {
          auto workspace = scratch(sum_of_squares_workspace_bytes<T>(device, size));
          sum_of_squares<T>(device, x, sum, write, workspace);
        });
  }
}

TEST_CASE("sum_of_squares: floats whose squares would overflow") {
  const std::vector<float> x(3, 1e30F);
  const double expected = 3 * static_cast<double>(1e30F) * static_cast<double>(1e30F);
  check_assigned<double, float>({expected}, kSummationOrder, [&](const auto& device, double* sum) {
    auto workspace = scratch(sum_of_squares_workspace_bytes<float>(device, 3));
    sum_of_squares<float>(device, x, sum, Write::assign, workspace);
  });
}

}  // namespace
}  // namespace fpanet::kernels
