#include "kernels/loss_sum.hpp"

#include <array>

#include "tests/kernels/check.hpp"
#include "tests/support/tolerances.hpp"

namespace fpanet::kernels {
namespace {

using namespace fpanet::test;

TEST_CASE_TEMPLATE("loss_sum adds losses times factors; an unwanted gradient is not written", T,
                   float, double, bfloat16) {
  using R = Real<T>;
  const R a = 3, b = R(0.5), dloss = 4;
  const std::array<const R*, 3> terms = {&a, &b, &a};
  const std::array<double, 3> factors = {0.25, 2, -1};
  check_assigned<R, T>({0.25 * 3 + 2 * 0.5 - 3}, 0, [&](const auto& device, R* loss) {
    loss_sum<T>(device, terms, factors, loss);
  });
  // Exact where it is assigned; where it is added, the sum is rounded once.
  const auto backward = [&](const auto& device, R* out, Write write) {
    const std::array<R*, 3> gradients = {out, nullptr, out + 1};
    const std::array<Write, 3> writes = {write, write, write};
    loss_sum_backward<T>(device, &dloss, factors, gradients, writes);
  };
  check_assigned<R, T>({1, -4}, 0,
                       [&](const auto& device, R* out) { backward(device, out, Write::assign); });
  check_written<R, T>({1, -4}, kKernelFloat, backward);
}

}  // namespace
}  // namespace fpanet::kernels
