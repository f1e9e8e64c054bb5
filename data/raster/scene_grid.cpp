#include "data/raster/scene_grid.hpp"

#include <algorithm>
#include <cmath>

#include "engine/core/error.hpp"

namespace fpanet {
namespace {

constexpr double kSimilar = 0.1;  // pixel sizes that differ by less count as equal

Index resized(Index pixels, double ratio) {
  return std::max<Index>(1, std::llround(static_cast<double>(pixels) * ratio));
}

}  // namespace

GridAxis::Between GridAxis::between(Index pixel) const {
  if (is_same()) return {pixel, pixel, 0};
  const double last = static_cast<double>(grid - 1);
  const double position =
      (static_cast<double>(pixel) + 0.5) * static_cast<double>(grid) / static_cast<double>(scene) -
      0.5;
  const double clamped = std::clamp(position, 0.0, last);
  const auto first = static_cast<Index>(clamped);
  const auto weight = static_cast<float>(clamped - static_cast<double>(first));
  return {first, weight == 0 ? first : first + 1, weight};
}

Index GridAxis::ready(Index finished) const {
  if (is_same()) return finished;
  Index low = 0, high = scene;  // pixels below `low` are ready, `high` and those above are not
  while (low < high) {
    const Index middle = (low + high) / 2;
    if (between(middle).second < finished) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

SourceWindow SceneGrid::source(const Window& window) const {
  const double top = rows.to_scene(window.top), left = columns.to_scene(window.left);
  return {top, left, rows.to_scene(window.top + window.height) - top,
          columns.to_scene(window.left + window.width) - left};
}

SceneGrid same_grid(const ImageSize& scene) {
  return {{scene.height, scene.height}, {scene.width, scene.width}};
}

SceneGrid training_grid(const ImageSize& scene, const std::array<double, 2>& metres,
                        double wanted) {
  const double across = metres[0] / wanted, down = metres[1] / wanted;
  const auto differs = [](double ratio) { return std::abs(ratio - 1) > kSimilar; };
  if (!differs(across) && !differs(down)) return same_grid(scene);
  require(across <= kMostEnlarged && down <= kMostEnlarged,
          "pixels of {:.3g} m x {:.3g} m would be enlarged to show the {:.3g} m that the model was "
          "trained on, more than {} times; give --pixel-size keep to map them as they are",
          metres[0], metres[1], wanted, kMostEnlarged);
  return {{scene.height, resized(scene.height, down)}, {scene.width, resized(scene.width, across)}};
}

}  // namespace fpanet
