#pragma once
// Reads the windows of a scene as batches for a network.

#include <cstdint>
#include <optional>
#include <vector>

#include "apps/prediction/window_plan.hpp"
#include "data/raster/scene_grid.hpp"
#include "engine/core/tensor.hpp"

namespace fpanet {

/// Rows of the scene that are finished with each row of windows.
class SceneParts {
 public:
  SceneParts(const SceneGrid& grid, const WindowPlan& plan) : grid_(grid), plan_(plan) {}

  Index count() const { return plan_.rows.count(); }
  Index begin(Index part) const { return part == 0 ? 0 : end(part - 1); }
  Index end(Index part) const { return grid_.rows.ready(plan_.rows.finished(part)); }
  /// The first row of windows on which a part depends.
  Index first_windows(Index part) const;

 private:
  const SceneGrid& grid_;
  const WindowPlan& plan_;
};

/// Windows of one row of the plan, from left to right.
struct WindowBatch {
  Index row = 0;
  std::vector<Index> columns = {};  ///< of the windows that hold data
  Tensor images = {};               ///< (N,bands,H,W) of these
  Index empty = 0;  ///< number of windows without data, which no network needs to see
  bool ends_row = false;
  /// With ends_row: which pixels of the scene hold data, of the rows of this part.
  std::vector<std::uint8_t> valid = {};
};

class WindowReader {
 public:
  /// Begins at a row of windows. Batches have up to `batch` windows and never cross the end of a row, so that
  /// they are the same wherever the reader begins. All arguments must outlive the reader.
  WindowReader(RasterReader& source, const SceneGrid& grid, const WindowPlan& plan, Index batch,
               Index first_row);

  /// The next batch; none at the end of the scene.
  std::optional<WindowBatch> next();

 private:
  /// The window's pixels, extended by reflection if the scene is smaller; none if it holds no data.
  std::optional<Image> read(const Window& window);
  void end_row(WindowBatch& batch);

  RasterReader& source_;
  const SceneGrid& grid_;
  const WindowPlan& plan_;
  SceneParts parts_;
  Index batch_, row_, column_ = 0;
  std::vector<std::uint8_t> valid_;  ///< of the current part, if the grid is the scene's own
};

}  // namespace fpanet
