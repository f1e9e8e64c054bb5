// The statistics that a convolution leaves of its channels: those of the y that it wrote, by the
// definition in double; y itself as without them; the same bits on any number of threads.

#include "kernels/channel_statistics.hpp"
#include "kernels/conv2d.hpp"
#include "kernels/conv2d/direct.hpp"
#include "kernels/conv2d/winograd.hpp"
#include "kernels/conv2d/winograd_tiles.hpp"
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
std::vector<double> defined_statistics(const Conv2dGeometry& g, const std::vector<T>& y) {
  std::vector<double> statistics(static_cast<std::size_t>(2 * g.c_out));
  const std::vector<double> wide = widened(y);
  naive::batch_norm_moments<double>({wide.data(), g.n, g.c_out, g.out_h(), g.out_w()},
                                    statistics.data(), statistics.data() + g.c_out);
  return statistics;
}

/// The samples, shapes that Winograd takes by block and by panel, and such that conv2d has take
/// statistics on their way.
std::vector<Conv2dGeometry> geometries() {
  std::vector<Conv2dGeometry> all = conv2d_samples();
  all.push_back({3, 64, 45, 47, 48, 3, 3, 1, 1});
  all.push_back({3, 32, 62, 50, 64, 3, 3, 1, 2});
  all.push_back({1, 512, 10, 10, 512, 3, 3, 1, 1});
  all.push_back({2, 3, 111, 90, 64, 7, 7, 2, 3});
  all.push_back({1, 16, 181, 183, 16, 3, 3, 1, 1});
  all.push_back({1, 3, 183, 183, 64, 7, 7, 2, 3});
  return all;
}

/// An implementation that takes statistics on its way, whatever the size.
template <class T>
struct Way {
  const char* name;
  bool (*fits)(const Conv2dGeometry&);
  decltype(&direct::forward<T>) run;
  decltype(&direct::forward_workspace_bytes<T>) workspace_bytes;
};
template <class T>
const Way<T> kWinograd{"winograd", winograd::supports_forward, winograd::forward<T, kWinogradTile>,
                       winograd::forward_workspace_bytes<T, kWinogradTile>};
template <class T>
const Way<T> kDirect{"direct", [](const Conv2dGeometry&) { return true; }, direct::forward<T>,
                     direct::forward_workspace_bytes<T>};
template <class T>
std::vector<Way<T>> ways() {
  return {kDirect<T>, kWinograd<T>};
}
template <>
std::vector<Way<double>> ways() {
  return {kDirect<double>};
}
template <>
std::vector<Way<bfloat16>> ways() {
  return {kWinograd<bfloat16>};
}

template <class T>
Convolved<T> convolve(const Way<T>& way, const Cpu& cpu, const Conv2dGeometry& g,
                      const std::vector<T>& x, const std::vector<T>& w, bool with_statistics) {
  Convolved<T> out{filled<T>(g.output_pixels() * g.c_out, std::nan(""))};
  if (with_statistics) out.statistics = filled<double>(2 * g.c_out, std::nan(""));
  auto workspace = scratch(way.workspace_bytes(cpu, g));
  way.run(cpu, g, x.data(), w.data(),
          {.statistics = with_statistics ? out.statistics.data() : nullptr}, out.y.data(),
          workspace);
  return out;
}

/// Larger of the means' error in deviations of their channel and the variances' relative error.
template <class T>
double error_of(const Conv2dGeometry& g, const Convolved<T>& out) {
  const std::vector<double> expected = defined_statistics(g, out.y);
  double worst = 0;
  for (std::size_t c = 0; c < expected.size() / 2; ++c) {
    const std::size_t v = expected.size() / 2 + c;
    const double variance = expected[v];
    const double mean_apart = std::abs(out.statistics[c] - expected[c]);
    const double apart = std::abs(out.statistics[v] - variance);
    CHECK(std::isfinite(mean_apart + apart));
    if (variance == 0) {
      CHECK(mean_apart + apart == 0);
      continue;
    }
    worst = std::max({worst, mean_apart / std::sqrt(variance), apart / variance});
  }
  return worst;
}

TEST_CASE_TEMPLATE("conv2d: statistics taken on the way against the definition", T, float, double,
                   bfloat16) {
  for (const Conv2dGeometry& g : geometries()) {
    CAPTURE(str(g));
    const auto x = uniform<T>("x", g.input_pixels() * g.c_in, 0, 1);
    const auto w = uniform<T>("w", g.weight_numel(), -0.02, 0.06);
    for (const Way<T>& way : ways<T>()) {
      if (!way.fits(g)) continue;
      CAPTURE(way.name);
      const std::vector<T> plain = convolve(way, Cpu{2}, g, x, w, false).y;
      Convolved<T> first;
      for (const int threads : {1, 2, 4}) {
        CAPTURE(threads);
        const Convolved<T> got = convolve(way, Cpu{threads}, g, x, w, true);
        CHECK(same_bits(got.y, plain));
        if (threads == 1) first = got;
        CHECK(same_bits(got.statistics, first.statistics));
      }
      CHECK(error_of(g, first) <= (std::is_same_v<T, double> ? kSummationOrder : kStatisticsFloat));
    }
  }
}

/// A kernel that takes the mean, on noise that makes y deviate by about 1.
struct Averaged {
  std::vector<float> x, w;

  template <class Level>
  Averaged(const Conv2dGeometry& g, const Level& level) {
    const Index depth = g.taps() * g.c_in;
    const double spread = std::sqrt(3.0 * static_cast<double>(depth));
    Index at = 0;
    for (const double noise : uniform<double>("noise", g.input_pixels() * g.c_in)) {
      x.push_back(static_cast<float>(level(at++ / g.c_in) + spread * noise));
    }
    w = filled<float>(g.weight_numel(), 1.0 / static_cast<double>(depth));
  }
};

TEST_CASE("conv2d: statistics taken on the way, far from 0 and over a step") {
  for (const Conv2dGeometry& g : {Conv2dGeometry{1, 16, 124, 124, 64, 3, 3, 1, 0},
                                  Conv2dGeometry{2, 16, 37, 43, 16, 3, 3, 1, 1},
                                  Conv2dGeometry{1, 1, 120, 120, 7, 1, 1, 1, 0}}) {
    CAPTURE(str(g));
    // Everywhere a thousand deviations; and a step after a first tile, row or half of the image.
    const std::vector<Averaged> images{
        {g, [](Index) { return 1000; }},
        {g, [&](Index pixel) { return pixel < g.w ? 0 : 1000; }},
        {g, [&](Index pixel) { return pixel % g.w < 4 ? 0 : 1000; }},
        {g, [&](Index pixel) { return 2 * pixel < g.input_pixels() ? 0 : 1000; }}};
    for (std::size_t image = 0; image < images.size(); ++image) {
      CAPTURE(image);
      for (const Way<float>& way : ways<float>()) {
        if (!way.fits(g)) continue;
        CAPTURE(way.name);
        const Convolved<float> got =
            convolve(way, Cpu{2}, g, images[image].x, images[image].w, true);
        CHECK(error_of(g, got) <= kStatisticsFloat);
      }
    }
  }
}

TEST_CASE_TEMPLATE("conv2d: statistics of y against the definition", T, float, double, bfloat16) {
  for (const Conv2dGeometry& g : geometries()) {
    CAPTURE(str(g));
    // A mean of several deviations.
    const auto x = uniform<T>("x", g.input_pixels() * g.c_in, 0, 1);
    const auto w = uniform<T>("w", g.weight_numel(), -0.02, 0.06);
    const std::vector<T> plain = convolve<T>(Cpu{2}, g, x, w, false).y;
    const std::vector<double> expected = defined_statistics(g, plain);
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
    const std::vector<double> expected = defined_statistics(g, got.y);
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
