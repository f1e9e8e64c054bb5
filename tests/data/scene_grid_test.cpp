#include "data/raster/scene_grid.hpp"

#include <doctest/doctest.h>

#include "engine/core/error.hpp"
#include "tests/support/message_of.hpp"

namespace fpanet {

TEST_CASE("scene grid: pixels that differ by a tenth or less stay as they are") {
  const ImageSize scene{100, 200};
  CHECK(training_grid(scene, {0.5, 0.5}, 0.5).is_same());
  CHECK(training_grid(scene, {0.54, 0.46}, 0.5).is_same());
  const SceneGrid twice = training_grid(scene, {1, 1}, 0.5);
  CHECK(twice.size() == ImageSize{200, 400});
  CHECK(twice.scene() == scene);
  // Along a row and along a column on their own.
  CHECK(training_grid(scene, {0.5, 0.25}, 0.5).size() == ImageSize{50, 200});
  CHECK(training_grid({1, 1}, {0.01, 0.01}, 0.5).size() == ImageSize{1, 1});
  CHECK(test::contains(test::message_of<Error>([&] {
                         training_grid(scene, {30, 30}, 0.5);
                       }),
                       "--pixel-size keep"));
}

TEST_CASE("scene grid: a window covers the same ground, and the whole grid the whole scene") {
  const SceneGrid grid{{100, 40}, {90, 270}};
  const SourceWindow part = grid.source({10, 30, 20, 60});
  CHECK(part.top == doctest::Approx(25));
  CHECK(part.left == doctest::Approx(10));
  CHECK(part.height == doctest::Approx(50));
  CHECK(part.width == doctest::Approx(20));
  const SourceWindow all = grid.source({0, 0, 40, 270});
  CHECK(all.height == 100);
  CHECK(all.width == 90);
}

TEST_CASE("scene grid: a pixel lies between two of the grid, and is ready with the second") {
  for (const Index length : {1, 7, 40, 100, 333}) {
    const GridAxis axis{.scene = 100, .grid = length};
    for (Index pixel = 0; pixel < axis.scene; ++pixel) {
      const GridAxis::Between at = axis.between(pixel);
      CHECK(at.first >= 0);
      CHECK(at.second < axis.grid);
      const double middle = static_cast<double>(at.first) + static_cast<double>(at.weight) + 0.5;
      const double wanted = (static_cast<double>(pixel) + 0.5) * static_cast<double>(length) / 100;
      if (at.first != at.second) CHECK(middle == doctest::Approx(wanted));
    }
    for (Index finished = 0; finished <= length; ++finished) {
      const Index ready = axis.ready(finished);
      if (ready > 0) CHECK(axis.between(ready - 1).second < finished);
      if (ready < axis.scene) CHECK(axis.between(ready).second >= finished);
    }
    CHECK(axis.ready(length) == axis.scene);
  }
}

}  // namespace fpanet
