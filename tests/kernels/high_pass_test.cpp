#include "kernels/high_pass.hpp"

#include "kernels/high_pass/sweeps.hpp"
#include "kernels/naive/dct.hpp"
#include "tests/kernels/check.hpp"

namespace fpanet::kernels {
namespace {

using namespace fpanet::test;

/// The last has more channels, rows and elements of a row than the GPU's high-pass takes at a time.
constexpr ImageSize kFilteredImages[] = {
    {1, 1, 11, 11}, {2, 3, 13, 12}, {1, 2, 64, 33}, {1, 7, 16, 40}, {2, 9, 41, 61}};

template <class T>
void check_against_masked_dct(const ImageSize& s, Index radius) {
  CAPTURE(s.str());
  CAPTURE(radius);
  const auto x = uniform<T>("x", s.numel(), 0, 1);
  const auto wide = widened(x);
  std::vector<double> y = filled<double>(s.numel(), 0);
  naive::high_pass<double>(s.of(wide), radius, s.over(y.data()));
  check_written<T>(y, tolerance<T>(), [&](const auto& device, T* out, Write write) {
    auto workspace = scratch(high_pass_workspace_bytes<T>(device, s.n, s.c, s.h, s.w, radius));
    high_pass<T>(device, s.of(x), radius, s.over(out), write, workspace);
  });
  check_assigned<T>(y, tolerance<T>(), [&](const auto& device, T* out) {  // in place
    std::copy(x.begin(), x.end(), out);
    auto workspace = scratch(high_pass_workspace_bytes<T>(device, s.n, s.c, s.h, s.w, radius));
    high_pass<T>(device, s.over<const T>(out), radius, s.over(out), Write::assign, workspace);
  });
}

TEST_CASE_TEMPLATE("high_pass equals masking the DCT", T, float, double, bfloat16) {
  for (const ImageSize& s : kFilteredImages) check_against_masked_dct<T>(s, kHighPassRadius);
}

TEST_CASE_TEMPLATE("high_pass of any radius below the image's sides", T, float, double, bfloat16) {
  constexpr ImageSize kThumbnail = {2, 3, 5, 4}, kPixels = {1, 2, 1, 1}, kTiled = {2, 9, 41, 61};
  check_against_masked_dct<T>(kPixels, 0);
  for (const Index radius : {0, 1, 3}) check_against_masked_dct<T>(kThumbnail, radius);
  // One pass, two passes, of which the last is full or not, and every frequency of the shorter side.
  for (const Index radius : {4, 11, 21, 22, 40}) check_against_masked_dct<T>(kTiled, radius);
}

TEST_CASE_TEMPLATE("high_pass: every level gives the same bits", T, float, double) {
  constexpr Index kHeight = 45, kRow = 3 * 43, kFirst = 64, kCount = 59;
  const auto image = uniform<T>("image", kHeight * kRow);
  for (const Index frequencies : {kLowFrequencies, 2 * kLowFrequencies}) {
    CAPTURE(frequencies);
    const auto basis = uniform<T>("basis", kHeight * frequencies);
    const auto wide_basis = widened(basis);
    const auto low = uniform<double>("low", frequencies * kRow);
    std::vector<double> first_vertical;
    std::vector<T> first_y;
    for (const HighPassSweeps<T>& sweeps : high_pass_sweeps_variants<T>().all()) {
      std::vector<double> vertical(static_cast<std::size_t>(kLowFrequencies * kRow));
      const T* const last = basis.data() + frequencies - kLowFrequencies;
      sweeps.analyse(image.data(), kHeight, kRow, last, frequencies, 0, kHighPassSpan,
                     vertical.data());
      sweeps.analyse(image.data(), kHeight, kRow, last, frequencies, kFirst, kCount,
                     vertical.data());
      std::vector<T> y = image;
      for (const Index rows : {1, 3, 4}) {
        sweeps.subtract(image.data(), low.data(), wide_basis.data(), frequencies, rows, kRow,
                        y.data(), rows == 3 ? Write::assign : Write::accumulate);
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
}

TEST_CASE("high_pass in float at 320x320 is as exact as PyTorch's FFT") {
  const ImageSize s{1, 3, 320, 320};
  const auto x = uniform<float>("x", s.numel(), 0, 1);
  const auto wide = widened(x);
  std::vector<double> exact(x.size());
  constexpr Index kRadius = kHighPassRadius;
  auto workspace = scratch(high_pass_workspace_bytes<double>(Cpu{2}, s.n, s.c, s.h, s.w, kRadius));
  high_pass<double>(Cpu{2}, s.of(wide), kRadius, s.over(exact.data()), Write::assign, workspace);
  // torch_dct in float32 against float64, measured
  check_assigned<float>(exact, 4.5e-7, [&](const auto& device, float* y) {
    auto memory = scratch(high_pass_workspace_bytes<float>(device, s.n, s.c, s.h, s.w, kRadius));
    high_pass<float>(device, s.of(x), kRadius, s.over(y), Write::assign, memory);
  });
}

}  // namespace
}  // namespace fpanet::kernels
