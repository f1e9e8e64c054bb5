#pragma once
// The pixels that a network sees of a scene. They are the scene's own, or larger or smaller ones that cover the
// same ground: the pixels that the network was trained on.

#include <array>
#include <optional>

#include "data/image.hpp"
#include "data/raster/raster.hpp"

namespace fpanet {

/// One side of a scene.
struct GridAxis {
  Index scene = 0;  ///< pixels of the scene
  Index grid = 0;   ///< pixels that the network sees

  bool is_same() const { return scene == grid; }
  /// Where a position on the grid lies in the scene, both measured at corners of pixels.
  double to_scene(Index position) const {
    return static_cast<double>(position) * static_cast<double>(scene) / static_cast<double>(grid);
  }
  /// The grid pixels between whose middles the middle of a scene's pixel lies, and the weight of the second.
  struct Between {
    Index first = 0, second = 0;
    float weight = 0;
  };
  Between between(Index pixel) const;
  /// The number of the scene's pixels that need only the grid pixels 0 to `finished` - 1.
  Index ready(Index finished) const;
};

struct SceneGrid {
  GridAxis rows, columns;

  bool is_same() const { return rows.is_same() && columns.is_same(); }
  ImageSize scene() const { return {rows.scene, columns.scene}; }
  ImageSize size() const { return {rows.grid, columns.grid}; }
  /// The part of the scene under a part of the grid.
  SourceWindow source(const Window& window) const;
};

/// How many times a side of a pixel may be enlarged to that of a grid's.
inline constexpr double kMostEnlarged = 16;

/// The scene's own pixels.
SceneGrid same_grid(const ImageSize& scene);
/// A grid of pixels of `wanted` metres for a scene whose pixels have the sides `metres` along a row and along a
/// column; the scene's own pixels if neither differs by more than a tenth. Throws Error for pixels so large that
/// a grid would make up most of what it shows.
SceneGrid training_grid(const ImageSize& scene, const std::array<double, 2>& metres, double wanted);

}  // namespace fpanet
