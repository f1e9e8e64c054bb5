#include "apps/report/chart.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string_view>

#include "apps/report/html.hpp"
#include "apps/training/monitor.hpp"

namespace fpanet {
namespace {

// Sizes are in SVG units; the page scales the whole chart.
constexpr double kWidth = 360;
constexpr double kHeight = 230;
constexpr double kLeft = 46;
constexpr double kRight = 350;
constexpr double kTop = 30;
constexpr double kBottom = 198;

constexpr double kFlat = 1e-9;  // a curve with less relative change is drawn as a horizontal line
constexpr int kValueTicks = 5;
constexpr int kEpochTicks = 6;

struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();

  void include(double value) {
    if (!std::isfinite(value)) return;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  bool empty() const { return low > high; }
};

/// Maps the values of a curve to coordinates in the drawing.
class Axes {
 public:
  Axes(Range epochs, Range values) {
    if (values.empty()) values = {0, 1};
    if (epochs.empty()) epochs = {0, 1};
    if (epochs.low == epochs.high) epochs.high = epochs.low + 1;
    const double size = std::max(std::abs(values.low), std::abs(values.high));
    const bool flat = values.high - values.low <= kFlat * size;
    const double margin = flat ? std::max(1e-3, 0.1 * size) : 0;
    value_ticks_ = axis_ticks(values.low - margin, values.high + margin, kValueTicks);
    epoch_ticks_ = axis_ticks(epochs.low, epochs.high, kEpochTicks);
    std::erase_if(epoch_ticks_, [&](double tick) {
      return tick < epochs.low || tick > epochs.high || tick != std::floor(tick);
    });
    epochs_ = epochs;
    values_ = {value_ticks_.front(), value_ticks_.back()};
  }

  double x(double epoch) const {
    return kLeft + (epoch - epochs_.low) / (epochs_.high - epochs_.low) * (kRight - kLeft);
  }
  double y(double value) const {
    return kBottom - (value - values_.low) / (values_.high - values_.low) * (kBottom - kTop);
  }
  const std::vector<double>& value_ticks() const { return value_ticks_; }
  const std::vector<double>& epoch_ticks() const { return epoch_ticks_; }

 private:
  Range epochs_, values_;
  std::vector<double> value_ticks_, epoch_ticks_;
};

/// The epoch number shown to the user, which counts from 1.
std::int64_t shown(std::int64_t epoch) {
  return epoch + 1;
}

Axes axes_of(const Curve& curve) {
  Range epochs;
  Range values;
  for (const auto* points : {&curve.train, &curve.val}) {
    for (const MetricPoint& point : *points) {
      epochs.include(static_cast<double>(shown(point.epoch)));
      values.include(point.value);
    }
  }
  return {epochs, values};
}

std::string grid(const Axes& axes) {
  std::string svg;
  for (const double value : axes.value_ticks()) {
    const double y = axes.y(value);
    svg += fmt::format(
        "<line class=\"grid\" x1=\"{}\" x2=\"{}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>"
        "<text class=\"axis\" text-anchor=\"end\" x=\"{}\" y=\"{:.1f}\">{:g}</text>",
        kLeft, kRight, y, y, kLeft - 6, y + 3.5, value);
  }
  for (const double epoch : axes.epoch_ticks()) {
    svg +=
        fmt::format("<text class=\"axis\" text-anchor=\"middle\" x=\"{:.1f}\" y=\"{}\">{:g}</text>",
                    axes.x(epoch), kBottom + 15, epoch);
  }
  return svg;
}

/// The curve, interrupted where values are missing, with a dot at each value that has a tooltip.
std::string line(const Axes& axes, const std::vector<MetricPoint>& points, std::string_view part) {
  std::string path;
  std::string dots;
  bool pen_down = false;
  for (const MetricPoint& point : points) {
    if (!std::isfinite(point.value)) {
      pen_down = false;
      continue;
    }
    const double x = axes.x(static_cast<double>(shown(point.epoch)));
    const double y = axes.y(point.value);
    path += fmt::format("{}{:.1f} {:.1f}", pen_down ? "L" : "M", x, y);
    pen_down = true;
    dots += fmt::format(
        "<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{}\"><title>{}, epoch {}: {:.4f}</title></circle>",
        x, y, points.size() > 40 ? 1.2 : 2.2, part, shown(point.epoch), point.value);
  }
  if (path.empty()) return {};
  return fmt::format("<g class=\"{}\"><path d=\"{}\"/>{}</g>", part, path, dots);
}

}  // namespace

std::vector<Curve> notebook_curves(const MetricsTable& table) {
  std::vector<Curve> curves;
  for (const char* name : {"Loss", "IoU", "Accuracy", "Precision", "Recall", "F1score"}) {
    curves.push_back({name, table.values(fmt::format("train/{}", name)),
                      table.values(fmt::format("val/{}", name))});
  }
  return curves;
}

std::vector<Curve> class_curves(const MetricsTable& table, const ClassTable& classes) {
  std::vector<Curve> curves;
  for (const ClassInfo& info : classes.classes()) {
    const std::string column = class_iou_column(info.name);
    if (table.find(column) >= 0) curves.push_back({info.name, {}, table.values(column)});
  }
  return curves;
}

std::string chart_svg(const Curve& curve, std::optional<std::int64_t> best_epoch) {
  const Axes axes = axes_of(curve);
  const std::string name = html_escaped(curve.name);
  std::string svg = fmt::format(
      "<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{} over the epochs\">"
      "<text class=\"name\" x=\"{}\" y=\"16\">{}</text>",
      kWidth, kHeight, name, kLeft, name);
  svg += grid(axes);
  if (best_epoch) {
    const double x = axes.x(static_cast<double>(shown(*best_epoch)));
    svg += fmt::format(
        "<line class=\"best\" x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"{}\" y2=\"{}\">"
        "<title>best epoch: {}</title></line>",
        x, x, kTop, kBottom, shown(*best_epoch));
  }
  svg += line(axes, curve.train, "train");
  svg += line(axes, curve.val, "val");
  svg += fmt::format(
      "<text class=\"axis\" text-anchor=\"middle\" x=\"{}\" y=\"{}\">epoch</text></svg>",
      (kLeft + kRight) / 2, kHeight - 3);
  return svg;
}

std::vector<double> axis_ticks(double low, double high, int count) {
  const double rough = (high - low) / count;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  constexpr std::array<double, 3> kSteps = {1, 2, 5};
  const auto fits = std::find_if(kSteps.begin(), kSteps.end(),
                                 [&](double step) { return step * power >= rough * (1 - 1e-9); });
  const double step = (fits == kSteps.end() ? 10 : *fits) * power;
  const auto first = static_cast<std::int64_t>(std::floor(low / step + 1e-9));
  const auto last = static_cast<std::int64_t>(std::ceil(high / step - 1e-9));
  std::vector<double> ticks;
  for (std::int64_t i = first; i <= last; ++i) {
    const auto steps = static_cast<double>(i);
    // A step below 1 is applied as a division by 1/step, an integer, so that 3 * 0.1 prints as 0.3.
    ticks.push_back(step < 1 ? steps / std::round(1 / step) : steps * step);
  }
  return ticks;
}

}  // namespace fpanet
