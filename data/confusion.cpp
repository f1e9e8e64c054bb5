#include "data/confusion.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "engine/core/error.hpp"

namespace fpanet {

namespace {

double ratio(std::int64_t part, std::int64_t whole) {
  return static_cast<double>(part) / static_cast<double>(whole);  // NaN for 0/0
}

}  // namespace

ConfusionMatrix::ConfusionMatrix(Index classes, std::vector<Index> ignored)
    : classes_(classes),
      ignored_(std::move(ignored)),
      counts_(static_cast<std::size_t>(classes * side())) {}

void ConfusionMatrix::add(std::span<const std::int64_t> counts) {
  const auto image = static_cast<std::size_t>(side() * side());
  require(counts.size() % image == 0, "confusion: {} counts are not a whole number of {}x{} images",
          counts.size(), side(), side());
  for (std::size_t begin = 0; begin < counts.size(); begin += image) {
    for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += counts[begin + i];
  }
}

std::int64_t ConfusionMatrix::at(Index target, Index prediction) const {
  return counts_[static_cast<std::size_t>(target * side() + prediction)];
}

std::int64_t ConfusionMatrix::pixels() const {
  return std::accumulate(counts_.begin(), counts_.end(), std::int64_t{0});
}

ClassScore ConfusionMatrix::of(Index label) const {
  if (std::ranges::find(ignored_, label) != ignored_.end()) return {NAN, NAN, NAN, NAN, 0};
  std::int64_t in_target = 0, predicted = 0;
  for (Index i = 0; i < side(); ++i) in_target += at(label, i);
  for (Index i = 0; i < classes_; ++i) predicted += at(i, label);
  const std::int64_t hit = at(label, label);
  return {ratio(hit, in_target + predicted - hit), ratio(hit, predicted), ratio(hit, in_target),
          ratio(2 * hit, in_target + predicted), in_target};
}

double ConfusionMatrix::pixel_accuracy() const {
  std::int64_t hits = 0;
  for (Index i = 0; i < classes_; ++i) hits += at(i, i);
  return ratio(hits, pixels());
}

double ConfusionMatrix::mean_iou(std::optional<Index> without) const {
  double sum = 0.0;
  Index count = 0;
  for (Index i = 0; i < classes_; ++i) {
    const double iou = of(i).iou;
    if (i == without || std::isnan(iou)) continue;
    sum += iou;
    ++count;
  }
  return sum / static_cast<double>(count);
}

}  // namespace fpanet
