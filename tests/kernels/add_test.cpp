#include "kernels/add.hpp"

#include "tests/kernels/check.hpp"
#include "tests/kernels/elementwise.hpp"

namespace fpanet::kernels {
namespace {

using namespace fpanet::test;

TEST_CASE_TEMPLATE("add and copy", T, float, double, bfloat16) {
  for (const Index size : kElementCounts) {
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

}  // namespace
}  // namespace fpanet::kernels
