#include "apps/prediction/window_plan.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "engine/core/error.hpp"
#include "tests/support/message_of.hpp"

namespace fpanet {
namespace {

struct PlanCase {
  Index length, size;
  double overlap;
};

const std::vector<PlanCase> kPlans = {
    {1, 32, 0.25},  {20, 320, 0.25}, {320, 320, 0.25}, {321, 320, 0.25},   {600, 320, 0.25},
    {601, 64, 0.5}, {700, 32, 0},    {1000, 64, 0.75}, {40000, 320, 0.25}, {97, 32, 0.9},
};

}  // namespace

TEST_CASE("windows: cover a side from edge to edge, with the overlap that was asked for") {
  for (const PlanCase& plan : kPlans) {
    const Index length = plan.length, size = plan.size;
    const double overlap = plan.overlap;
    CAPTURE(length);
    CAPTURE(size);
    CAPTURE(overlap);
    const AxisWindows windows(length, size, overlap);
    const auto shared = static_cast<Index>(static_cast<double>(size) * overlap);
    CHECK(windows.start(0) == 0);
    CHECK(windows.end(windows.count() - 1) == length);
    CHECK(windows.finished(windows.count() - 1) == length);
    for (Index i = 1; i < windows.count(); ++i) {
      CHECK(windows.start(i) > windows.start(i - 1));
      CHECK(windows.start(i - 1) + size - windows.start(i) >= shared);
      CHECK(windows.start(i) + size <= length);
      CHECK(windows.finished(i - 1) == windows.start(i));
    }
    // One window fewer would not do.
    if (windows.count() > 1) {
      CHECK((windows.count() - 2) * std::max<Index>(1, size - shared) + size < length);
    }
    for (Index p = 0; p < length; p += 1 + length / 50) {
      const Index first = windows.first_over(p);
      CHECK(windows.start(first) <= p);
      CHECK(p < windows.end(first));
      if (first > 0) CHECK(windows.end(first - 1) <= p);
    }
  }
}

TEST_CASE("windows: weights are positive, their sum is 1 within 1e-6 and they begin gently") {
  for (const PlanCase& plan : kPlans) {
    const Index length = plan.length, size = plan.size;
    const double overlap = plan.overlap;
    CAPTURE(length);
    CAPTURE(size);
    CAPTURE(overlap);
    const AxisWindows windows(length, size, overlap);
    std::vector<double> sum(static_cast<std::size_t>(length));
    for (Index i = 0; i < windows.count(); ++i) {
      REQUIRE(static_cast<Index>(windows.weights(i).size()) == windows.end(i) - windows.start(i));
      for (Index p = windows.start(i); p < windows.end(i); ++p) {
        const float weight = windows.weights(i)[static_cast<std::size_t>(p - windows.start(i))];
        CHECK(weight > 0);
        sum[static_cast<std::size_t>(p)] += static_cast<double>(weight);
      }
    }
    for (const double total : sum) CHECK(std::abs(total - 1) <= 1e-6);
  }
  const AxisWindows windows(1000, 320, 0.25);
  CHECK(windows.weights(1).front() < 1e-3F);
  CHECK(windows.weights(1)[160] == 1.0F);
}

TEST_CASE("windows: in two dimensions the weights sum to 1, too") {
  const WindowPlan plan({100, 131}, {64, 32}, 0.3);
  Image counts(100, 131, 1, DType::f32);
  for (Index row = 0; row < plan.rows.count(); ++row) {
    for (Index column = 0; column < plan.columns.count(); ++column) {
      const Window window = plan.at(row, column);
      for (Index y = 0; y < window.height; ++y) {
        for (Index x = 0; x < window.width; ++x) {
          counts.samples<float>()[static_cast<std::size_t>((window.top + y) * 131 + window.left +
                                                           x)] +=
              plan.rows.weights(row)[static_cast<std::size_t>(y)] *
              plan.columns.weights(column)[static_cast<std::size_t>(x)];
        }
      }
    }
  }
  for (const float total : counts.samples<float>()) CHECK(std::abs(total - 1.0F) <= 1e-6F);
}

TEST_CASE("windows: an overlap of a whole window is refused") {
  CHECK(test::message_of<Error>([] { AxisWindows(100, 32, 1.0); }).find("overlap of 1") !=
        std::string::npos);
  CHECK_THROWS_AS(AxisWindows(0, 32, 0.5), Error);
}

}  // namespace fpanet
