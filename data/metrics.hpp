#pragma once
// The segmentation metrics of segmentation-models-pytorch 0.3.3 (metrics/functional.py), computed
// in double.

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "engine/core/shape.hpp"

namespace fpanet {

/// True/false positives/negatives, with one row per image and one column per class.
struct Stats {
  Index images = 0, classes = 0;
  std::vector<std::int64_t> tp, fp, fn, tn;  ///< images * classes, row-major

  Stats() = default;
  Stats(Index images, Index classes);
  /// Appends the images of `other`, which must have the same number of classes.
  void append(const Stats& other);
  /// The images of which at least one pixel was counted.
  Stats of_counted_images() const;
};

/// smp.metrics.get_stats(mode="multiclass"). `prediction` and `target` hold images * P labels,
/// image by image. A label outside [0, classes) counts only in tn. Pixels whose target is
/// `ignore_label`, which must be outside [0, classes), are not counted.
Stats get_stats(std::span<const std::int32_t> prediction, std::span<const std::int32_t> target,
                Index images, Index classes, std::optional<std::int32_t> ignore_label = {});

/// The same from per-image confusion counts, (images, classes+1, classes+1) row-major: the row is
/// the target, the column the prediction, and the last row and column are for labels out of range.
/// With `ignore_out_of_range_targets` the last row is not counted, as if every label outside [0,
/// classes) were the ignored one.
Stats stats_from_confusion(std::span<const std::int64_t> confusion, Index images, Index classes,
                           bool ignore_out_of_range_targets);

enum class Metric {
  iou,                        ///< tp / (tp + fp + fn)
  accuracy,                   ///< (tp + tn) / all
  precision,                  ///< tp / (tp + fp)
  recall,                     ///< tp / (tp + fn)
  f_beta,                     ///< (1 + b^2) tp / ((1 + b^2) tp + b^2 fn + fp)
  specificity,                ///< tn / (tn + fp)
  balanced_accuracy,          ///< (recall + specificity) / 2
  negative_predictive_value,  ///< tn / (tn + fn)
  false_negative_rate,        ///< fn / (fn + tp)
  false_positive_rate,        ///< fp / (fp + tn)
  false_discovery_rate,       ///< 1 - precision
  false_omission_rate,        ///< 1 - negative_predictive_value
  positive_likelihood_ratio,  ///< recall / false_positive_rate
  negative_likelihood_ratio,  ///< false_negative_rate / specificity
};

enum class Reduction {
  micro,               ///< score of the sums over images and classes
  macro,               ///< scores of the sums over images, mean over classes
  weighted,            ///< scores of the sums over images, weighted sum over classes
  micro_imagewise,     ///< scores of the sums over classes, mean over images
  macro_imagewise,     ///< mean over images, then over classes
  weighted_imagewise,  ///< mean over images, then mean (sic) over classes of score * weight
};
/// "micro", ..., "weighted-imagewise"; throws Error for anything else.
Reduction parse_reduction(std::string_view name);

struct MetricOptions {
  double beta = 1.0;           ///< for f_beta
  double zero_division = 1.0;  ///< replaces 0/0, except under Reduction::micro, where NaN stays
  std::vector<double> class_weights;  ///< for the weighted reductions; normalised to sum 1
};

/// Throws Error if a weighted reduction does not have one weight per class.
double score(Metric metric, const Stats& stats, Reduction reduction,
             const MetricOptions& options = {});

/// SMP's reduction "none": images * classes values, row-major.
std::vector<double> scores(Metric metric, const Stats& stats, const MetricOptions& options = {});

/// Lightning's value of an epoch: sum(value * batch_size) / sum(batch_size). A run that stops
/// inside an epoch saves both members and continues with them.
struct EpochMean {
  double sum = 0.0;
  Index count = 0;

  void add(double value, Index batch_size);
  double value() const;  ///< NaN before the first add
};

}  // namespace fpanet
