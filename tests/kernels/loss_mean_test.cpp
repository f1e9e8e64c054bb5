#include "kernels/loss_mean.hpp"

#include "tests/kernels/check.hpp"

namespace fpanet::kernels {
namespace {

using namespace fpanet::test;

TEST_CASE_TEMPLATE("loss_mean divides the sums; without weights there is neither loss nor gradient",
                   T, float, double, bfloat16) {
  using R = Real<T>;
  const double some[] = {3, 4}, none[] = {0, 0};
  const R dloss = 2;
  const auto forward = [](const double* sums) {
    return [=](const auto& device, R* loss) { loss_mean<T>(device, sums, loss); };
  };
  const auto backward = [&](const double* sums) {
    return [=, &dloss](const auto& device, double* dsums, Write write) {
      loss_mean_backward<T>(device, sums, &dloss, dsums, write);
    };
  };
  check_assigned<R, T>({0.75}, 0, forward(some));
  check_assigned<R, T>({0}, 0, forward(none));
  check_written<double, T>({0.5, 0}, 0, backward(some));
  check_written<double, T>({0, 0}, 0, backward(none));
}

}  // namespace
}  // namespace fpanet::kernels
