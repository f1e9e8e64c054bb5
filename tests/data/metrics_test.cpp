#include "data/metrics.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "engine/core/error.hpp"
#include "engine/core/rng.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/message_of.hpp"

namespace fpanet {

using test::contains;
using test::message_of;

namespace {

using Counts = std::vector<std::int64_t>;

const std::vector<std::pair<std::string, Metric>> kNotebookMetrics{{"iou", Metric::iou},
                                                                   {"accuracy", Metric::accuracy},
                                                                   {"precision", Metric::precision},
                                                                   {"recall", Metric::recall},
                                                                   {"f1", Metric::f_beta}};

Counts flat(const nlohmann::json& rows) {
  Counts values;
  for (const auto& row : rows) {
    for (const auto& value : row) values.push_back(value);
  }
  return values;
}

Stats stats_from(const nlohmann::json& golden) {
  const auto& tp = golden.at("tp");
  Stats stats(static_cast<Index>(tp.size()), static_cast<Index>(tp[0].size()));
  stats.tp = flat(tp);
  stats.fp = flat(golden.at("fp"));
  stats.fn = flat(golden.at("fn"));
  stats.tn = flat(golden.at("tn"));
  return stats;
}

/// Two images of 2x2 and three classes, worked out by hand.
Stats small_stats() {
  return get_stats(std::vector<std::int32_t>{0, 1, 2, 0, 1, 1, 0, 2},
                   std::vector<std::int32_t>{0, 1, 1, 0, 1, 0, 0, 1}, 2, 3);
}

bool same(const Stats& a, const Stats& b) {
  return a.tp == b.tp && a.fp == b.fp && a.fn == b.fn && a.tn == b.tn;
}

}  // namespace

TEST_CASE("metrics: SMP's numbers for its own counts, in four reductions") {
  const auto path = test::golden_path("dice_metrics.json");
  REQUIRE(path);
  const auto golden = nlohmann::json::parse(std::ifstream(*path));
  REQUIRE(golden.size() == 4);
  for (const auto& one : golden.items()) {
    CAPTURE(one.key());
    const Stats stats = stats_from(one.value().at("stats"));
    for (const auto& metric : kNotebookMetrics) {
      CAPTURE(metric.first);
      for (const auto& expected : one.value().at(metric.first).items()) {
        CAPTURE(expected.key());
        const double value = score(metric.second, stats, parse_reduction(expected.key()));
        CHECK(std::abs(value - expected.value().get<double>()) < 1e-6);
      }
    }
  }
}

TEST_CASE("metrics: counts and scores worked out by hand") {
  const Stats stats = small_stats();
  CHECK(stats.tp == Counts{2, 1, 0, 1, 1, 0});
  CHECK(stats.fp == Counts{0, 0, 1, 0, 1, 1});
  CHECK(stats.fn == Counts{0, 1, 0, 1, 1, 0});
  CHECK(stats.tn == Counts{2, 2, 3, 2, 1, 3});

  const auto iou = [&](Reduction reduction) { return score(Metric::iou, stats, reduction); };
  CHECK(iou(Reduction::micro) == doctest::Approx(5.0 / 11).epsilon(1e-12));
  CHECK(iou(Reduction::macro) == doctest::Approx(0.3833333333333333).epsilon(1e-12));
  CHECK(iou(Reduction::micro_imagewise) == doctest::Approx(0.4666666666666667).epsilon(1e-12));
  CHECK(iou(Reduction::macro_imagewise) == doctest::Approx(0.3888888888888889).epsilon(1e-12));
  CHECK(score(Metric::accuracy, stats, Reduction::micro) == doctest::Approx(0.75));
  CHECK(score(Metric::precision, stats, Reduction::macro) == doctest::Approx(0.5555555555555556));
  CHECK(score(Metric::recall, stats, Reduction::macro) == doctest::Approx(0.75));
  CHECK(score(Metric::f_beta, stats, Reduction::macro) == doctest::Approx(0.4761904761904762));

  MetricOptions weighted;
  weighted.class_weights = {1, 2, 3};
  CHECK(score(Metric::iou, stats, Reduction::weighted, weighted) ==
        doctest::Approx(0.2583333333333333).epsilon(1e-12));
  CHECK(score(Metric::iou, stats, Reduction::weighted_imagewise, weighted) ==
        doctest::Approx(0.0879629629629630).epsilon(1e-12));
}

TEST_CASE("metrics: every formula") {
  Stats stats(1, 1);
  stats.tp = {6};
  stats.fp = {2};
  stats.fn = {3};
  stats.tn = {9};
  MetricOptions options;
  options.beta = 2.0;
  const auto value = [&](Metric metric) {
    const double result = score(metric, stats, Reduction::micro, options);
    CHECK(result == scores(metric, stats, options)[0]);
    return result;
  };
  CHECK(value(Metric::iou) == doctest::Approx(6.0 / 11));
  CHECK(value(Metric::accuracy) == doctest::Approx(15.0 / 20));
  CHECK(value(Metric::precision) == doctest::Approx(6.0 / 8));
  CHECK(value(Metric::recall) == doctest::Approx(6.0 / 9));
  CHECK(value(Metric::f_beta) == doctest::Approx(30.0 / (30 + 12 + 2)));
  CHECK(value(Metric::specificity) == doctest::Approx(9.0 / 11));
  CHECK(value(Metric::balanced_accuracy) == doctest::Approx((6.0 / 9 + 9.0 / 11) / 2));
  CHECK(value(Metric::negative_predictive_value) == doctest::Approx(9.0 / 12));
  CHECK(value(Metric::false_negative_rate) == doctest::Approx(3.0 / 9));
  CHECK(value(Metric::false_positive_rate) == doctest::Approx(2.0 / 11));
  CHECK(value(Metric::false_discovery_rate) == doctest::Approx(2.0 / 8));
  CHECK(value(Metric::false_omission_rate) == doctest::Approx(3.0 / 12));
  CHECK(value(Metric::positive_likelihood_ratio) == doctest::Approx((6.0 / 9) / (2.0 / 11)));
  CHECK(value(Metric::negative_likelihood_ratio) == doctest::Approx((3.0 / 9) / (9.0 / 11)));
}

TEST_CASE("metrics: zero_division replaces NaN, but under micro") {
  const Stats stats = get_stats(std::vector<std::int32_t>{1}, std::vector<std::int32_t>{1}, 1, 3);
  MetricOptions zero;
  zero.zero_division = 0.0;
  CHECK(scores(Metric::iou, stats) == std::vector<double>{1, 1, 1});
  CHECK(scores(Metric::iou, stats, zero) == std::vector<double>{0, 1, 0});
  CHECK(score(Metric::iou, stats, Reduction::macro, zero) == doctest::Approx(1.0 / 3));
  const Stats nothing(1, 3);
  CHECK(std::isnan(score(Metric::iou, nothing, Reduction::micro)));
  CHECK(score(Metric::iou, nothing, Reduction::micro_imagewise) == 1.0);
  CHECK(score(Metric::iou, nothing, Reduction::macro_imagewise, zero) == 0.0);
}

TEST_CASE("metrics: labels out of range, ignored or not") {
  const std::vector<std::int32_t> target{0, 1, -1, 5}, prediction{0, 7, 1, 1};
  const Stats plain = get_stats(prediction, target, 1, 2);
  CHECK(plain.tp == Counts{1, 0});
  CHECK(plain.fp == Counts{0, 2});
  CHECK(plain.fn == Counts{0, 1});
  CHECK(plain.tn == Counts{3, 1});
  const Stats ignoring = get_stats(prediction, target, 1, 2, -1);
  CHECK(ignoring.fp == Counts{0, 1});
  CHECK(ignoring.tn == Counts{2, 1});
  CHECK(contains(message_of<Error>([&] { get_stats(prediction, target, 1, 2, 1); }),
                 "ignore_label 1 is one of the 2 classes"));
}

TEST_CASE("metrics: confusion counts say what label maps say") {
  constexpr Index kImages = 3, kClasses = 4, kPixels = 50, kSide = kClasses + 1;
  for (const bool ignoring : {false, true}) {
    Rng rng(9);
    std::vector<std::int32_t> prediction, target;
    std::vector<std::int64_t> confusion(kImages * kSide * kSide);
    for (Index i = 0; i < kImages * kPixels; ++i) {
      const auto t = static_cast<std::int32_t>(rng.below(kSide));
      const auto y = static_cast<std::int32_t>(rng.below(kSide));
      target.push_back(t == kClasses ? -1 : t);
      prediction.push_back(y);
      ++confusion[static_cast<std::size_t>((i / kPixels * kSide + t) * kSide + y)];
    }
    const auto ignore = ignoring ? std::optional<std::int32_t>(-1) : std::nullopt;
    CHECK(same(stats_from_confusion(confusion, kImages, kClasses, ignoring),
               get_stats(prediction, target, kImages, kClasses, ignore)));
  }
}

TEST_CASE("metrics: appended images count as if they had come together") {
  Stats both;
  both.append(small_stats());
  both.append(small_stats());
  CHECK(both.images == 4);
  CHECK(score(Metric::iou, both, Reduction::macro_imagewise) ==
        doctest::Approx(score(Metric::iou, small_stats(), Reduction::macro_imagewise)));
  CHECK(contains(message_of<Error>([&] { both.append(Stats(1, 2)); }), "of 3 and of 2 classes"));
}

TEST_CASE("metrics: mistakes") {
  const Stats stats = small_stats();
  CHECK(contains(message_of<Error>([&] { score(Metric::iou, stats, Reduction::weighted); }),
                 "over 3 classes got 0 class weights"));
  CHECK(contains(message_of<Error>([] { score(Metric::iou, {}, Reduction::micro); }), "no images"));
  CHECK(contains(message_of<Error>([] { parse_reduction("mean"); }), "reduction 'mean'"));
  CHECK(contains(message_of<Error>([] {
                   get_stats(std::vector<std::int32_t>(3), std::vector<std::int32_t>(4), 1, 2);
                 }),
                 "3 predicted labels but 4 target labels"));
}

TEST_CASE("epoch mean: weighted by batch size") {
  EpochMean mean;
  CHECK(std::isnan(mean.value()));
  mean.add(0.5, 8);
  mean.add(0.25, 8);
  mean.add(1.0, 1);
  CHECK(mean.value() == doctest::Approx(7.0 / 17).epsilon(1e-14));
  mean = {};
  CHECK(std::isnan(mean.value()));
}

}  // namespace fpanet
