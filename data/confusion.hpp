#pragma once
// The confusion matrix of a whole data set, and the scores of a land-cover map that follow from it.
// Every pixel has the same weight, whichever image it lies in.

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/core/shape.hpp"

namespace fpanet {

/// The scores of one class. 0/0 (a class that neither occurs nor is predicted) is NaN.
struct ClassScore {
  double iou = 0, precision = 0, recall = 0, f1 = 0;
  std::int64_t pixels = 0;  ///< pixels of this class in the targets
};

class ConfusionMatrix {
 public:
  /// Pixels of `ignored` classes are not in the counts. These classes have no scores, so that
  /// predicting them is a mistake that only the scores of the other classes show.
  explicit ConfusionMatrix(Index classes, std::vector<Index> ignored = {});

  /// Adds (images, classes+1, classes+1) counts in the layout of stats_from_confusion. Targets out
  /// of range are left out. Predictions out of range, which an argmax never yields, count as
  /// misses.
  void add(std::span<const std::int64_t> counts);

  Index classes() const { return classes_; }
  std::int64_t at(Index target, Index prediction) const;  ///< both in [0, classes)
  std::int64_t pixels() const;                            ///< number of pixels counted

  ClassScore of(Index label) const;
  double pixel_accuracy() const;  ///< NaN without pixels
  /// Mean over the classes with a defined IoU except `without` (for example `unknown`); NaN if
  /// there are none.
  double mean_iou(std::optional<Index> without = {}) const;

 private:
  Index side() const { return classes_ + 1; }

  Index classes_;
  std::vector<Index> ignored_;
  std::vector<std::int64_t> counts_;  // classes x side; last column: predictions out of range
};

}  // namespace fpanet
