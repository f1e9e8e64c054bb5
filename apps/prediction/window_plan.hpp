#pragma once
// Cuts a scene into overlapping windows of one size, and blends what a network says of each. The network
// must see windows of its training size: its high-pass filter and its attention depend on the size.

#include <algorithm>
#include <vector>

#include "data/image.hpp"

namespace fpanet {

/// Windows along one axis of a scene, and their weights.
///
/// The first window begins at the scene's edge, the last ends at the opposite one, and the others lie between
/// them at equal distances, up to a pixel; so no window reaches over an edge. A scene that is shorter than a
/// window has one, which is extended by reflection.
///
/// A window weighs sin^2(pi (t + 1/2) / size) at its pixel t, divided by the sum of the weights of all windows
/// there. So weights fall smoothly to nothing at the edges between windows, and their sum is 1 everywhere.
class AxisWindows {
 public:
  /// Neighbours share at least `overlap` times `size` pixels, rounded down; 0 <= overlap < 1.
  AxisWindows(Index length, Index size, double overlap);

  Index length() const { return length_; }
  Index size() const { return size_; }
  Index count() const { return static_cast<Index>(starts_.size()); }
  Index start(Index i) const { return starts_[static_cast<std::size_t>(i)]; }
  /// The end of the part inside the scene.
  Index end(Index i) const { return std::min(start(i) + size_, length_); }
  /// Weights of the pixels start(i) to end(i) - 1 of window `i`.
  const std::vector<float>& weights(Index i) const { return weights_[static_cast<std::size_t>(i)]; }
  /// The pixels that no window after `i` covers end here.
  Index finished(Index i) const { return i + 1 < count() ? start(i + 1) : length_; }
  /// The first window that covers pixel `position`.
  Index first_over(Index position) const;

 private:
  Index length_, size_;
  std::vector<Index> starts_;
  std::vector<std::vector<float>> weights_;
};

/// The windows of a scene, row by row.
struct WindowPlan {
  AxisWindows rows, columns;

  WindowPlan(const ImageSize& scene, const ImageSize& window, double overlap)
      : rows(scene.height, window.height, overlap), columns(scene.width, window.width, overlap) {}

  Index count() const { return rows.count() * columns.count(); }
  /// The part of a window that lies inside the scene.
  Window at(Index row, Index column) const {
    return {rows.start(row), columns.start(column), rows.end(row) - rows.start(row),
            columns.end(column) - columns.start(column)};
  }
};

}  // namespace fpanet
