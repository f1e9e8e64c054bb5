#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "apps/training/metrics_table.hpp"
#include "data/class_table.hpp"

namespace fpanet {

/// One quantity over the epochs, for training and validation.
struct Curve {
  std::string name;
  std::vector<MetricPoint> train, val;
};

/// The notebook's six quantities from metrics.csv, in its order: Loss, IoU, Accuracy, Precision,
/// Recall, F1score.
std::vector<Curve> notebook_curves(const MetricsTable& table);

/// The validation IoU of each class from metrics.csv, in the order of `classes`; empty if the table,
/// which may be older, has none.
std::vector<Curve> class_curves(const MetricsTable& table, const ClassTable& classes);

/// An inline SVG of the curve. Colours and fonts come from the classes .train, .val, .axis and
/// .best of the page. Values that are not finite leave a gap. A vertical line marks `best_epoch`,
/// which counts from 0; the axis counts from 1.
std::string chart_svg(const Curve& curve, std::optional<std::int64_t> best_epoch);

/// Round numbers that cover [low, high] with about `count` steps of 1, 2 or 5 times a power of ten.
std::vector<double> axis_ticks(double low, double high, int count);

}  // namespace fpanet
