#include "kernels/dct.hpp"
#include "kernels/high_pass.hpp"
#include "kernels/high_pass/sweeps.hpp"
#include "kernels/naive/dct.hpp"
#include "kernels/simd/cpu_isa.hpp"
#include "tests/kernels/check.hpp"

namespace fpanet::kernels {
namespace {

using namespace fpanet::test;

constexpr ImageSize kImages[] = {{1, 1, 11, 11}, {2, 3, 13, 12}, {1, 2, 64, 33}, {1, 7, 16, 40}};
/// More channels, rows and elements of a row than the GPU's high-pass takes at a time.
constexpr ImageSize kTiledImage = {2, 9, 41, 61};

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
  for (const ImageSize& s : kImages) {
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
  for (const ImageSize& s : kImages) {
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

TEST_CASE_TEMPLATE("high_pass equals masking the DCT", T, float, double, bfloat16) {
  std::vector<ImageSize> images(std::begin(kImages), std::end(kImages));
  images.push_back(kTiledImage);
  for (const ImageSize& s : images) {
    CAPTURE(s.str());
    const auto x = uniform<T>("x", s.numel(), 0, 1);
    const auto wide = widened(x);
    std::vector<double> y = filled<double>(s.numel(), 0);
    naive::high_pass<double>(s.of(wide), s.over(y.data()));
    check_written<T>(y, tolerance<T>(), [&](const auto& device, T* out, Write write) {
      auto workspace = scratch(high_pass_workspace_bytes<T>(device, s.n, s.c, s.h, s.w));
      high_pass<T>(device, s.of(x), s.over(out), write, workspace);
    });
    check_assigned<T>(y, tolerance<T>(), [&](const auto& device, T* out) {  // in place
      std::copy(x.begin(), x.end(), out);
      auto workspace = scratch(high_pass_workspace_bytes<T>(device, s.n, s.c, s.h, s.w));
      high_pass<T>(device, s.over<const T>(out), s.over(out), Write::assign, workspace);
    });
  }
}

template <class T>
std::vector<HighPassSweeps<T>> high_pass_levels() {
  std::vector<HighPassSweeps<T>> levels{high_pass_sweeps_generic<T>()};
#if defined(__x86_64__)
  if (detected_cpu_isa() >= CpuIsa::avx2) levels.push_back(high_pass_sweeps_avx2<T>());
  if (detected_cpu_isa() >= CpuIsa::avx512) levels.push_back(high_pass_sweeps_avx512<T>());
#endif
  return levels;
}

TEST_CASE_TEMPLATE("high_pass: every level gives the same bits", T, float, double) {
  constexpr Index kHeight = 45, kRow = 3 * 43, kFirst = 64, kCount = 59;
  const auto image = uniform<T>("image", kHeight * kRow);
  const auto basis = uniform<T>("basis", kHeight * kLowFrequencies);
  const auto wide_basis = widened(basis);
  const auto low = uniform<double>("low", kLowFrequencies * kRow);
  std::vector<double> first_vertical;
  std::vector<T> first_y;
  for (const HighPassSweeps<T>& sweeps : high_pass_levels<T>()) {
    std::vector<double> vertical(low.size());
    sweeps.analyse(image.data(), kHeight, kRow, basis.data(), 0, kHighPassSpan, vertical.data());
    sweeps.analyse(image.data(), kHeight, kRow, basis.data(), kFirst, kCount, vertical.data());
    std::vector<T> y = image;
    for (const Index rows : {1, 3, 4}) {
      sweeps.subtract(image.data(), low.data(), wide_basis.data(), rows, kRow, y.data(),
                      rows == 3 ? Write::assign : Write::accumulate);
    }
    if (first_y.empty()) {
      first_vertical = vertical;
      first_y = y;
    }
    CHECK(same_bits(vertical, first_vertical));
    CHECK(same_bits(y, first_y));
    CHECK(std::count(vertical.begin(), vertical.end(), 0.0) ==
          kLowFrequencies * (kRow - kFirst - kCount));
  }
}

TEST_CASE("high_pass in float at 320x320 is as exact as PyTorch's FFT") {
  const ImageSize s{1, 3, 320, 320};
  const auto x = uniform<float>("x", s.numel(), 0, 1);
  const auto wide = widened(x);
  std::vector<double> exact(x.size());
  auto workspace = scratch(high_pass_workspace_bytes<double>(Cpu{2}, s.n, s.c, s.h, s.w));
  high_pass<double>(Cpu{2}, s.of(wide), s.over(exact.data()), Write::assign, workspace);
  // torch_dct in float32 against float64, measured
  check_assigned<float>(exact, 4.5e-7, [&](const auto& device, float* y) {
    auto memory = scratch(high_pass_workspace_bytes<float>(device, s.n, s.c, s.h, s.w));
    high_pass<float>(device, s.of(x), s.over(y), Write::assign, memory);
  });
}

}  // namespace
}  // namespace fpanet::kernels
