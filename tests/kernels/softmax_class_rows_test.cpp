// Rows of classes at every instruction set this processor has: the same bits, and nothing of a
// neighbour's.

#include "kernels/softmax/class_rows.hpp"

#include <cmath>

#include "tests/kernels/check.hpp"

namespace fpanet::kernels {
namespace {

using namespace fpanet::test;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

/// Pixels [kBegin, end) of a matrix that has others on both sides.
struct ClassRowsSample {
  static constexpr Index kBegin = 3, kAfter = 9;
  Index classes, end;
  std::vector<float> x;
  std::vector<std::int32_t> labels;
  ClassTargets options{.ignore_index = 1};
  std::vector<body::ClassSlopes<float>> slopes;

  ClassRowsSample(Index classes_, Index count) : classes(classes_), end(kBegin + count) {
    x = uniform<float>("x", (end + kAfter) * classes, -9, 9);
    for (Index i = 0; i < end + kAfter; ++i) {
      labels.push_back(static_cast<std::int32_t>(i * 7 % (classes + 2)) - 1);  // two are none
    }
    for (Index c = 0; c < classes; ++c) {
      body::ClassSlopes<float> slope;
      slope.labelled = 1 + static_cast<float>(c) / 3;
      slope.elsewhere = -static_cast<float>(c) / 7;
      slopes.push_back(slope);
    }
  }
  bool within(std::size_t element) const {
    const Index pixel = static_cast<Index>(element) / classes;
    return pixel >= kBegin && pixel < end;
  }

  struct Results {
    std::vector<float> softmax, p, dx, sum;
    std::vector<double> sums;
  };
  Results run(const ClassRows& rows) const {
    const body::ClassLabels target(labels.data(), classes, options);
    const std::vector<float> garbage(x.size(), kNan);
    Results r{x, garbage, garbage, garbage, std::vector<double>(3 * slopes.size())};
    rows.softmax(r.softmax.data(), classes, kBegin, end, r.softmax.data());
    rows.softmax_sums(x.data(), target, kBegin, end, r.p.data(), r.sums.data());
    const auto gradients = [&](std::vector<float>& dx, Write write) {
      rows.softmax_sums_gradients(r.p.data(), target, slopes.data(), kBegin, end, dx.data(), write);
    };
    gradients(r.dx, Write::assign);
    for (std::size_t i = 0; i < x.size(); ++i) {
      if (within(i)) r.sum[i] = x[i];
    }
    gradients(r.sum, Write::accumulate);
    return r;
  }
};

void check_class_rows(const ClassRowsSample& s) {
  const ClassRowsSample::Results first = s.run(class_rows_generic());
  for (std::size_t i = 0; i < s.x.size(); ++i) {
    if (s.within(i)) {
      CHECK(first.p[i] == first.softmax[i]);
      CHECK(first.sum[i] == s.x[i] + first.dx[i]);
    } else {
      CHECK(first.softmax[i] == s.x[i]);
      CHECK((std::isnan(first.p[i]) && std::isnan(first.dx[i]) && std::isnan(first.sum[i])));
    }
  }
  for (const ClassRows& rows : class_rows_variants().all()) {
    const ClassRowsSample::Results r = s.run(rows);
    CHECK(same_bits(r.softmax, first.softmax));
    CHECK(same_bits(r.p, first.p));
    CHECK(same_bits(r.dx, first.dx));
    CHECK(same_bits(r.sum, first.sum));
    CHECK(same_bits(r.sums, first.sums));
  }
}

TEST_CASE("rows of classes: every level gives the same bits and writes its pixels alone") {
  for (Index classes = 1; classes <= kClassRowLanes; ++classes) {
    for (const Index count : {1, 2, 63, 64, 65, 200}) {
      CAPTURE(classes);
      CAPTURE(count);
      check_class_rows(ClassRowsSample(classes, count));
    }
  }
}

TEST_CASE("rows of classes take the exponential that others take") {
  for (const ClassRows& rows : class_rows_variants().all()) {
    for (int i = 0; i < 1000; ++i) {
      const float below = -static_cast<float>(i) / 11;
      const float x[] = {below, 0};
      float y[2] = {};
      rows.softmax(x, 2, 0, 1, y);
      const float power = body::exp_of_shifted(body::shifted_by_largest(below, 0.F));
      CHECK(y[0] == power * (1 / (power + 1)));
      CHECK(y[1] == 1 / (power + 1));
    }
  }
}

TEST_CASE("rows of classes: a NaN or infinity shows in its own row alone") {
  const float infinity = std::numeric_limits<float>::infinity();
  for (const ClassRows& rows : class_rows_variants().all()) {
    for (Index classes = 1; classes <= kClassRowLanes; ++classes) {
      for (const float bad : {kNan, infinity}) {
        constexpr Index kRows = 12, kBad = 6;
        std::vector<float> x(static_cast<std::size_t>(kRows * classes), 1);
        x[static_cast<std::size_t>(kBad * classes)] = bad;
        std::vector<float> y = x;
        rows.softmax(x.data(), classes, 0, kRows, y.data());
        for (std::size_t i = 0; i < y.size(); ++i) {
          const bool hit = static_cast<Index>(i) / classes == kBad;
          CHECK(std::isnan(y[i]) == hit);
        }
        const std::vector<std::int32_t> labels(kRows, 0);
        const body::ClassLabels target(labels.data(), classes, {});
        const std::vector<body::ClassSlopes<float>> slopes(kClassRowLanes);
        std::vector<float> dx(x.size());
        rows.softmax_sums_gradients(y.data(), target, slopes.data(), 0, kRows, dx.data(),
                                    Write::assign);
        for (std::size_t i = 0; i < dx.size(); ++i) {
          CHECK(std::isnan(dx[i]) == (static_cast<Index>(i) / classes == kBad));
        }
      }
    }
  }
}

}  // namespace
}  // namespace fpanet::kernels
