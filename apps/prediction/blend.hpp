#pragma once
// The weighted sum of the probabilities of overlapping windows. It keeps only the rows that a row of windows
// covers, so its memory grows with the width of a scene and not with its height.

#include <functional>
#include <span>
#include <vector>

#include "apps/prediction/window_plan.hpp"
#include "engine/core/tensor.hpp"

namespace fpanet {

class Blend {
 public:
  /// `plan` must outlive the blend.
  Blend(const WindowPlan& plan, Index classes, int threads);

  /// Begins with a row of windows: `row` is 0, or what take() is still to deliver is taken from there.
  void begin(Index row);
  /// Adds the probabilities (N,height,width,classes) of N windows of the current row. The sums do not depend on the
  /// number of threads, nor on how the windows are divided into calls. They depend in their last bits on the order of
  /// the windows, which should therefore always be that of the plan.
  void add(std::span<const Index> columns, std::span<const float> probabilities);
  /// Ends the current row of windows: calls f(y, values) for each row y of the scene that no later window
  /// covers, from top to bottom, with values (width,classes). Pixels that no added window covers have zeros.
  /// Goes on with the next row of windows.
  void take(const std::function<void(Index y, std::span<const float> values)>& f);

  std::size_t bytes() const { return sums_.bytes(); }

 private:
  std::span<float> row_of(Index y);

  const WindowPlan& plan_;
  Index classes_;
  int threads_;
  Index row_ = 0;  ///< of windows
  Tensor sums_;    ///< (H,W,classes), a ring of rows: y lies at y modulo H, the windows' height
  std::vector<float> spread_;  ///< the windows' weights across, once for each class
};

}  // namespace fpanet
