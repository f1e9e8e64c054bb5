#include "data/metrics.hpp"

#include <array>
#include <cmath>
#include <numeric>

#include "engine/core/error.hpp"

namespace fpanet {

namespace {

/// tp, fp, fn, tn of one image and class, or of sums.
struct Counts {
  double tp = 0, fp = 0, fn = 0, tn = 0;

  Counts& operator+=(const Counts& other) {
    tp += other.tp;
    fp += other.fp;
    fn += other.fn;
    tn += other.tn;
    return *this;
  }
};

Counts counts_at(const Stats& stats, Index image, Index label) {
  const auto i = static_cast<std::size_t>(image * stats.classes + label);
  return {static_cast<double>(stats.tp[i]), static_cast<double>(stats.fp[i]),
          static_cast<double>(stats.fn[i]), static_cast<double>(stats.tn[i])};
}

double evaluate(Metric metric, const Counts& n, double beta) {
  const double recall = n.tp / (n.tp + n.fn);
  const double specificity = n.tn / (n.tn + n.fp);
  const double precision = n.tp / (n.tp + n.fp);
  const double negative_predictive_value = n.tn / (n.tn + n.fn);
  const double false_negative_rate = n.fn / (n.fn + n.tp);
  const double false_positive_rate = n.fp / (n.fp + n.tn);
  const double beta2 = beta * beta;
  switch (metric) {
    case Metric::iou:
      return n.tp / (n.tp + n.fp + n.fn);
    case Metric::accuracy:
      return (n.tp + n.tn) / (n.tp + n.fp + n.fn + n.tn);
    case Metric::precision:
      return precision;
    case Metric::recall:
      return recall;
    case Metric::f_beta:
      return (1 + beta2) * n.tp / ((1 + beta2) * n.tp + beta2 * n.fn + n.fp);
    case Metric::specificity:
      return specificity;
    case Metric::balanced_accuracy:
      return (recall + specificity) / 2;
    case Metric::negative_predictive_value:
      return negative_predictive_value;
    case Metric::false_negative_rate:
      return false_negative_rate;
    case Metric::false_positive_rate:
      return false_positive_rate;
    case Metric::false_discovery_rate:
      return 1 - precision;
    case Metric::false_omission_rate:
      return 1 - negative_predictive_value;
    case Metric::positive_likelihood_ratio:
      return recall / false_positive_rate;
    case Metric::negative_likelihood_ratio:
      return false_negative_rate / specificity;
  }
  return NAN;
}

double defined(double value, const MetricOptions& options) {
  return std::isnan(value) ? options.zero_division : value;
}

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

std::vector<double> normalised_weights(const Stats& stats, const MetricOptions& options) {
  std::vector<double> weights = options.class_weights;
  require(static_cast<Index>(weights.size()) == stats.classes,
          "metrics: a weighted reduction over {} classes got {} class weights", stats.classes,
          weights.size());
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  for (double& weight : weights) weight /= sum;
  return weights;
}

double micro(Metric metric, const Stats& stats, const MetricOptions& options) {
  Counts sum;
  for (Index i = 0; i < stats.images; ++i) {
    for (Index c = 0; c < stats.classes; ++c) sum += counts_at(stats, i, c);
  }
  return evaluate(metric, sum, options.beta);
}

double micro_imagewise(Metric metric, const Stats& stats, const MetricOptions& options) {
  std::vector<double> of_image;
  for (Index i = 0; i < stats.images; ++i) {
    Counts sum;
    for (Index c = 0; c < stats.classes; ++c) sum += counts_at(stats, i, c);
    of_image.push_back(defined(evaluate(metric, sum, options.beta), options));
  }
  return mean(of_image);
}

/// One score per class, computed from the sums over images.
std::vector<double> of_sums(Metric metric, const Stats& stats, const MetricOptions& options) {
  std::vector<double> of_class;
  for (Index c = 0; c < stats.classes; ++c) {
    Counts sum;
    for (Index i = 0; i < stats.images; ++i) sum += counts_at(stats, i, c);
    of_class.push_back(defined(evaluate(metric, sum, options.beta), options));
  }
  return of_class;
}

/// One score per class, averaged over images.
std::vector<double> mean_of_images(Metric metric, const Stats& stats,
                                   const MetricOptions& options) {
  const std::vector<double> all = scores(metric, stats, options);
  std::vector<double> of_class(static_cast<std::size_t>(stats.classes));
  for (std::size_t i = 0; i < all.size(); ++i) of_class[i % of_class.size()] += all[i];
  for (double& value : of_class) value /= static_cast<double>(stats.images);
  return of_class;
}

double weighted_sum(const std::vector<double>& values, const std::vector<double>& weights) {
  return std::inner_product(values.begin(), values.end(), weights.begin(), 0.0);
}

}  // namespace

Stats::Stats(Index images_in, Index classes_in) : images(images_in), classes(classes_in) {
  const auto count = static_cast<std::size_t>(images * classes);
  for (auto* counts : {&tp, &fp, &fn, &tn}) counts->resize(count);
}

void Stats::append(const Stats& other) {
  require(images == 0 || classes == other.classes, "metrics: counts of {} and of {} classes",
          classes, other.classes);
  classes = other.classes;
  images += other.images;
  tp.insert(tp.end(), other.tp.begin(), other.tp.end());
  fp.insert(fp.end(), other.fp.begin(), other.fp.end());
  fn.insert(fn.end(), other.fn.begin(), other.fn.end());
  tn.insert(tn.end(), other.tn.begin(), other.tn.end());
}

Stats Stats::of_counted_images() const {
  Stats counted(0, classes);
  for (Index image = 0; image < images; ++image) {
    const auto first = static_cast<std::ptrdiff_t>(image * classes);
    // Every pixel that is counted is one of the four for each class.
    const auto at = static_cast<std::size_t>(first);
    if (classes == 0 || tp[at] + fp[at] + fn[at] + tn[at] == 0) continue;
    ++counted.images;
    const auto add = [&](std::vector<std::int64_t>& to, const std::vector<std::int64_t>& from) {
      to.insert(to.end(), from.begin() + first, from.begin() + first + classes);
    };
    add(counted.tp, tp);
    add(counted.fp, fp);
    add(counted.fn, fn);
    add(counted.tn, tn);
  }
  return counted;
}

Stats get_stats(std::span<const std::int32_t> prediction, std::span<const std::int32_t> target,
                Index images, Index classes, std::optional<std::int32_t> ignore_label) {
  require(prediction.size() == target.size(), "get_stats: {} predicted labels but {} target labels",
          prediction.size(), target.size());
  require(images >= 1 && classes >= 1 && target.size() % static_cast<std::size_t>(images) == 0,
          "get_stats: {} labels are not {} images of {} classes", target.size(), images, classes);
  require(!ignore_label || *ignore_label < 0 || *ignore_label >= classes,
          "get_stats: ignore_label {} is one of the {} classes", ignore_label.value_or(0), classes);

  const auto in_range = [&](std::int32_t label) { return label >= 0 && label < classes; };
  const std::size_t pixels = target.size() / static_cast<std::size_t>(images);
  Stats stats(images, classes);
  for (Index image = 0; image < images; ++image) {
    const auto row = static_cast<std::size_t>(image * classes);
    std::int64_t counted = 0;
    for (std::size_t p = 0; p < pixels; ++p) {
      const std::size_t at = static_cast<std::size_t>(image) * pixels + p;
      const std::int32_t t = target[at], y = prediction[at];
      if (ignore_label && t == *ignore_label) continue;
      ++counted;
      if (in_range(t)) ++(t == y ? stats.tp : stats.fn)[row + static_cast<std::size_t>(t)];
      if (in_range(y) && t != y) ++stats.fp[row + static_cast<std::size_t>(y)];
    }
    for (std::size_t i = row; i < row + static_cast<std::size_t>(classes); ++i) {
      stats.tn[i] = counted - stats.tp[i] - stats.fp[i] - stats.fn[i];
    }
  }
  return stats;
}

Stats stats_from_confusion(std::span<const std::int64_t> confusion, Index images, Index classes,
                           bool ignore_out_of_range_targets) {
  const Index side = classes + 1;
  require(static_cast<Index>(confusion.size()) == images * side * side,
          "metrics: {} confusion counts, expected {} images of {}x{}", confusion.size(), images,
          side, side);
  Stats stats(images, classes);
  const Index rows = ignore_out_of_range_targets ? classes : side;
  for (Index image = 0; image < images; ++image) {
    const std::span counts = confusion.subspan(static_cast<std::size_t>(image * side * side));
    std::int64_t counted = 0;
    for (Index t = 0; t < rows; ++t) {
      for (Index y = 0; y < side; ++y) {
        const std::int64_t n = counts[static_cast<std::size_t>(t * side + y)];
        const auto row = static_cast<std::size_t>(image * classes);
        counted += n;
        if (t < classes) (t == y ? stats.tp : stats.fn)[row + static_cast<std::size_t>(t)] += n;
        if (y < classes && t != y) stats.fp[row + static_cast<std::size_t>(y)] += n;
      }
    }
    for (Index c = 0; c < classes; ++c) {
      const auto i = static_cast<std::size_t>(image * classes + c);
      stats.tn[i] = counted - stats.tp[i] - stats.fp[i] - stats.fn[i];
    }
  }
  return stats;
}

Reduction parse_reduction(std::string_view name) {
  constexpr std::array<std::string_view, 6> kNames{
      "micro", "macro", "weighted", "micro-imagewise", "macro-imagewise", "weighted-imagewise"};
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<Reduction>(i);
  }
  fail("reduction '{}': expected micro, macro, weighted or one of these with -imagewise", name);
}

double score(Metric metric, const Stats& stats, Reduction reduction, const MetricOptions& options) {
  require(stats.images >= 1, "metrics: there are no images to score");
  switch (reduction) {
    case Reduction::micro:
      return micro(metric, stats, options);
    case Reduction::macro:
      return mean(of_sums(metric, stats, options));
    case Reduction::weighted:
      return weighted_sum(of_sums(metric, stats, options), normalised_weights(stats, options));
    case Reduction::micro_imagewise:
      return micro_imagewise(metric, stats, options);
    case Reduction::macro_imagewise:
      return mean(mean_of_images(metric, stats, options));
    case Reduction::weighted_imagewise:
      return weighted_sum(mean_of_images(metric, stats, options),
                          normalised_weights(stats, options)) /
             static_cast<double>(stats.classes);
  }
  return NAN;
}

std::vector<double> scores(Metric metric, const Stats& stats, const MetricOptions& options) {
  std::vector<double> all;
  for (Index i = 0; i < stats.images; ++i) {
    for (Index c = 0; c < stats.classes; ++c) {
      all.push_back(defined(evaluate(metric, counts_at(stats, i, c), options.beta), options));
    }
  }
  return all;
}

void EpochMean::add(double value, Index batch_size) {
  sum += value * static_cast<double>(batch_size);
  count += batch_size;
}

double EpochMean::value() const {
  return sum / static_cast<double>(count);
}

}  // namespace fpanet
