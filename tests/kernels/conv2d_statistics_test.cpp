// The statistics that a convolution leaves of its channels: those of the y that it wrote, by the
// definition in double; y itself as without them; the same bits on any number of threads.

#include "kernels/channel_statistics.hpp"
#include "kernels/conv2d.hpp"
#include "kernels/naive/batch_norm.hpp"
#include "tests/kernels/check.hpp"
#include "tests/kernels/conv2d_samples.hpp"

namespace fpanet::kernels {
namespace {

using namespace fpanet::test;

template <class T>
struct Convolved {
  std::vector<T> y;
  std::vector<double> statistics = {};
};

template <class T>
Convolved<T> convolve(const Cpu& cpu, const Conv2dGeometry& g, const std::vector<T>& x,
                      const std::vector<T>& w, bool with_statistics) {
  Convolved<T> out{filled<T>(g.output_pixels() * g.c_out, std::nan(""))};
  if (with_statistics) out.statistics = filled<double>(2 * g.c_out, std::nan(""));
  const Conv2dEpilogue<T> epilogue{.statistics = with_statistics ? out.statistics.data() : nullptr};
  auto workspace = scratch(conv2d_workspace_bytes<T>(cpu, g, epilogue.parts()));
  conv2d<T>(cpu, g, x.data(), w.data(), epilogue, out.y.data(), workspace);
  return out;
}

template <class T>
std::vector<double> defined(const Conv2dGeometry& g, const std::vector<T>& y) {
  std::vector<double> statistics(static_cast<std::size_t>(2 * g.c_out));
  const std::vector<double> wide = widened(y);
  naive::batch_norm_moments<double>({wide.data(), g.n, g.c_out, g.out_h(), g.out_w()},
                                    statistics.data(), statistics.data() + g.c_out);
  return statistics;
}

/// The samples, and shapes that Winograd takes by block and by panel.
std::vector<Conv2dGeometry> geometries() {
  std::vector<Conv2dGeometry> all = conv2d_samples();
  all.push_back({3, 64, 45, 47, 48, 3, 3, 1, 1});
  all.push_back({3, 32, 62, 50, 64, 3, 3, 1, 2});
  all.push_back({1, 512, 10, 10, 512, 3, 3, 1, 1});
  all.push_back({2, 3, 111, 90, 64, 7, 7, 2, 3});
  return all;
}

TEST_CASE_TEMPLATE("conv2d: statistics of y against the definition", T, float, double, bfloat16) {
  for (const Conv2dGeometry& g : geometries()) {
    CAPTURE(str(g));
    // A mean of several deviations.
    const auto x = uniform<T>("x", g.input_pixels() * g.c_in, 0, 1);
    const auto w = uniform<T>("w", g.weight_numel(), -0.02, 0.06);
    const std::vector<T> plain = convolve<T>(Cpu{2}, g, x, w, false).y;
    const std::vector<double> expected = defined(g, plain);
    Convolved<T> first;
    for (const int threads : {1, 2, 4}) {
      CAPTURE(threads);
      const Convolved<T> got = convolve<T>(Cpu{threads}, g, x, w, true);
      CHECK(same_bits(got.y, plain));
      CHECK(difference(got.statistics, expected) <= tolerance<Real<T>>());
      if (threads == 1) first = got;
      CHECK(same_bits(got.statistics, first.statistics));
    }
  }
}

TEST_CASE("conv2d: statistics of channels whose mean is a thousand deviations") {
  for (const Conv2dGeometry& g : {Conv2dGeometry{1, 16, 124, 124, 64, 3, 3, 1, 0},  // winograd
                                  Conv2dGeometry{1, 1, 120, 120, 7, 1, 1, 1, 0}}) {
    CAPTURE(str(g));
    const Index depth = g.taps() * g.c_in;
    std::vector<float> x;
    const double spread = std::sqrt(3.0 * static_cast<double>(depth));  // y then deviates by 1
    for (const double noise : uniform<double>("noise", g.input_pixels() * g.c_in)) {
      x.push_back(static_cast<float>(1000 + spread * noise));
    }
    const auto w = filled<float>(g.weight_numel(), 1.0 / static_cast<double>(depth));
    const Convolved<float> got = convolve<float>(Cpu{2}, g, x, w, true);
    const std::vector<double> expected = defined(g, got.y);
    for (Index c = 0; c < g.c_out; ++c) {
      const auto mean = static_cast<std::size_t>(c), var = static_cast<std::size_t>(g.c_out + c);
      CHECK(expected[var] < 2);
      CHECK(std::abs(got.statistics[mean] / expected[mean] - 1) <= kKernelFloat);
      CHECK(std::abs(got.statistics[var] / expected[var] - 1) <= kKernelFloat);
    }
  }
}

}  // namespace
}  // namespace fpanet::kernels
