#pragma once
// A whole data set's confusion matrix, and the numbers that tell how good a land-cover map is: each
// pixel counts once, whichever image it lies in.

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/core/shape.hpp"

namespace fpanet {

/// A class's row of the result table. 0/0 (a class that neither occurs nor is predicted) is NaN.
struct ClassScore {
  double iou = 0, precision = 0, recall = 0, f1 = 0;
  std::int64_t pixels = 0;  ///< of this class in the targets
};

class ConfusionMatrix {
 public:
  explicit ConfusionMatrix(Index classes);

  /// Adds (images, classes+1, classes+1) counts as of stats_from_confusion; targets out of range
  /// are left out; predictions out of range, which no argmax makes, count as misses.
  void add(std::span<const std::int64_t> counts);

  Index classes() const { return classes_; }
  std::int64_t at(Index target, Index prediction) const;  ///< both in [0, classes)
  std::int64_t pixels() const;                            ///< all that counted

  ClassScore of(Index label) const;
  double pixel_accuracy() const;  ///< NaN without pixels
  /// Mean over the classes with a defined IoU, `without` (say, `unknown`) left out; NaN if none.
  double mean_iou(std::optional<Index> without = {}) const;

 private:
  Index side() const { return classes_ + 1; }

  Index classes_;
  std::vector<std::int64_t> counts_;  // classes x side; last column: predictions out of range
};

}  // namespace fpanet
