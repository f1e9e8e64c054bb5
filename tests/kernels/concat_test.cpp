#include "kernels/concat.hpp"

#include "kernels/naive/resample.hpp"
#include "tests/kernels/check.hpp"

namespace fpanet::kernels {
namespace {

using namespace fpanet::test;

TEST_CASE_TEMPLATE("concat", T, float, double, bfloat16) {
  for (const ImageSize& s : image_sizes()) {
    CAPTURE(s.str());
    const ImageSize t{s.n, 5, s.h, s.w}, both{s.n, s.c + 5, s.h, s.w};
    const auto a = uniform<T>("a", s.numel()), b = uniform<T>("b", t.numel());
    const auto wide_a = widened(a), wide_b = widened(b);
    std::vector<double> y = filled<double>(both.numel(), 0);
    naive::concat<double>(s.of(wide_a), t.of(wide_b), both.over(y.data()));
    check_assigned<T>(y, 0, [&](const auto& device, T* out) {
      concat<T>(device, s.of(a), t.of(b), both.over(out));
    });
    const std::vector<T> dy = narrowed<T>(y);  // so that da = a and db = b
    const View<T> none{nullptr, 0, 5, 0, 0};
    check_written<T>(wide_a, tolerance<T>(), [&](const auto& device, T* out, Write write) {
      concat_backward<T>(device, both.of(dy), s.over(out), write, none, write);
    });
    check_written<T>(wide_b, tolerance<T>(), [&](const auto& device, T* out, Write write) {
      concat_backward<T>(device, both.of(dy), none, write, t.over(out), write);
    });
  }
}

}  // namespace
}  // namespace fpanet::kernels
