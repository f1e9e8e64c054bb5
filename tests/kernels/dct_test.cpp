#include "kernels/dct.hpp"

#include "kernels/naive/dct.hpp"
#include "tests/kernels/check.hpp"

namespace fpanet::kernels {
namespace {

using namespace fpanet::test;

constexpr ImageSize kDctImages[] = {{1, 1, 11, 11}, {2, 3, 13, 12}, {1, 2, 64, 33}, {1, 7, 16, 40}};

/// sum_i a_i b_i in double.
template <class A, class B>
double dot(const A& a, const B& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  }
  return sum;
}

template <class T>
std::vector<T> transformed(DctMatrix matrix, const ImageSize& s, const std::vector<T>& x) {
  std::vector<T> y(x.size());
  auto workspace = scratch(dct2d_workspace_bytes<T>(Cpu{2}, s.n, s.c, s.h, s.w));
  dct2d<T>(Cpu{2}, matrix, s.of(x), s.over(y.data()), Write::assign, workspace);
  return y;
}

TEST_CASE_TEMPLATE("dct2d and its inverse against the formulas", T, float, double, bfloat16) {
  for (const ImageSize& s : kDctImages) {
    CAPTURE(s.str());
    const auto x = uniform<T>("x", s.numel());
    const auto wide = widened(x);
    std::vector<double> spectrum = filled<double>(s.numel(), 0), back = spectrum;
    naive::separable<double>(s.of(wide), s.over(spectrum.data()), naive::dct<double>);
    naive::separable<double>(s.of(wide), s.over(back.data()), naive::idct<double>);
    const auto check = [&](DctMatrix matrix, const std::vector<double>& expected) {
      // Small coefficients are what is left of large terms: errors go with the largest one.
      double largest = 1;
      for (const double value : expected) largest = std::max(largest, std::abs(value));
      check_written<T>(
          expected, largest * tolerance<T>(), [&](const auto& device, T* y, Write write) {
            auto workspace = scratch(dct2d_workspace_bytes<T>(device, s.n, s.c, s.h, s.w));
            dct2d<T>(device, matrix, s.of(x), s.over(y), write, workspace);
          });
    };
    check(DctMatrix::forward, spectrum);
    check(DctMatrix::inverse, back);
  }
}

TEST_CASE("dct2d: the inverse undoes it, and the transposes are the adjoints") {
  for (const ImageSize& s : kDctImages) {
    CAPTURE(s.str());
    const auto x = uniform<double>("x", s.numel()), y = uniform<double>("y", s.numel());
    const auto there = transformed(DctMatrix::forward, s, x);
    CHECK(difference(transformed(DctMatrix::inverse, s, there), x) < kSummationOrder);
    CHECK(dot(there, y) ==
          doctest::Approx(dot(x, transformed(DctMatrix::forward_transposed, s, y))).epsilon(1e-12));
    CHECK(dot(transformed(DctMatrix::inverse, s, x), y) ==
          doctest::Approx(dot(x, transformed(DctMatrix::inverse_transposed, s, y))).epsilon(1e-12));
  }
}

}  // namespace
}  // namespace fpanet::kernels
