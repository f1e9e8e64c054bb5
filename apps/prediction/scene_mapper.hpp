#pragma once
// Maps a whole scene: reads windows, runs a network on them, blends what it says and keeps the finished rows. Reading
// and keeping overlap with the network. The memory does not grow with the height of the scene.

#include <functional>

#include "apps/prediction/finished_rows.hpp"
#include "apps/prediction/map_rows.hpp"
#include "apps/prediction/symmetries.hpp"
#include "apps/prediction/window_plan.hpp"
#include "data/raster/scene_grid.hpp"

namespace fpanet {

struct SceneMapper {
  SceneGrid grid;
  WindowPlan plan;  ///< of the grid
  Index batch = 1;  ///< windows that the network sees at a time
  MapContents contents;
  /// Its answers are then blended between two batches, by the same threads: further threads would only take the
  /// processor from it. Otherwise they are blended while it computes the next batch.
  bool network_on_cpu = true;

  /// Called after each batch with the number of windows that it had with and without data.
  using Progress = std::function<void(Index windows, Index empty)>;

  /// Adds the rows that `rows` still lacks. The network is only called from the calling thread. The rows
  /// do not depend on where an earlier program stopped. Returns the seconds that calls of the network took.
  double run(RasterReader& source, FinishedRows& rows, const Probabilities& network,
             const Progress& progress) const;
  /// The number of windows that run() has ahead of it.
  Index windows_ahead(const FinishedRows& rows) const;
};

}  // namespace fpanet
