#include "data/sample_window.hpp"

#include <doctest/doctest.h>

#include <algorithm>

namespace fpanet {

TEST_CASE("windows: sides of 0.5 to 2 times the target, anywhere in the picture") {
  constexpr Index kDraws = 4000, kHeight = 900, kWidth = 1000;
  const ImageSize target{100, 200};
  Index smallest = kWidth, largest = 0, sum = 0, top = kHeight, left = kWidth, bottom = 0,
        right = 0;
  for (Index i = 0; i < kDraws; ++i) {
    const Window window = draw_window({kHeight, kWidth}, target, 42, i / 50, i % 50);
    REQUIRE(window == draw_window({kHeight, kWidth}, target, 42, i / 50, i % 50));
    REQUIRE(window.top >= 0);
    REQUIRE(window.left >= 0);
    REQUIRE(window.top + window.height <= kHeight);
    REQUIRE(window.left + window.width <= kWidth);
    REQUIRE(std::abs(window.width - 2 * window.height) <= 1);
    smallest = std::min(smallest, window.height);
    largest = std::max(largest, window.height);
    sum += window.height;
    top = std::min(top, window.top);
    left = std::min(left, window.left);
    bottom = std::max(bottom, window.top + window.height);
    right = std::max(right, window.left + window.width);
  }
  CHECK(smallest == 50);
  CHECK(largest == 200);
  CHECK(static_cast<double>(sum) / kDraws == doctest::Approx(125).epsilon(0.02));
  CHECK(top == 0);
  CHECK(left == 0);
  CHECK(bottom == kHeight);
  CHECK(right == kWidth);
}

TEST_CASE("windows: another for each scene, epoch and seed") {
  const auto window = [](std::uint64_t seed, Index epoch, Index scene) {
    return draw_window({500, 500}, {100, 100}, seed, epoch, scene);
  };
  CHECK(window(1, 2, 3) == window(1, 2, 3));
  CHECK_FALSE(window(1, 2, 3) == window(1, 2, 4));
  CHECK_FALSE(window(1, 2, 3) == window(1, 3, 3));
  CHECK_FALSE(window(1, 2, 3) == window(2, 2, 3));
}

TEST_CASE("windows: in a small picture, the largest of their shape that fits") {
  for (Index scene = 0; scene < 50; ++scene) {
    const Window all = draw_window({40, 40}, {100, 100}, 1, 0, scene);
    CHECK(all == Window{0, 0, 40, 40});
    const Window wide = draw_window({40, 90}, {100, 100}, 1, 0, scene);
    CHECK(wide.height == 40);
    CHECK(wide.width == 40);
    const Window shaped = draw_window({40, 90}, {100, 200}, 1, 0, scene);
    CHECK(shaped.height == 40);
    CHECK(shaped.width == 80);
    const Window dot = draw_window({1, 1}, {100, 320}, 1, 0, scene);
    CHECK(dot == Window{0, 0, 1, 1});
  }
  // Larger ones are cut down to what fits, smaller ones stay.
  Index at_most = 0, below = 0;
  for (Index scene = 0; scene < 200; ++scene) {
    const Window window = draw_window({120, 150}, {100, 100}, 1, 0, scene);
    at_most += window.height == 120;
    below += window.height < 120;
  }
  CHECK(at_most + below == 200);
  CHECK(at_most > 70);
  CHECK(below > 50);
}

}  // namespace fpanet
