#pragma once
// Where the pixels of a mirrored and turned image come from.

#include "engine/core/index.hpp"

namespace fpanet {

struct PixelPlace {
  Index y = 0, x = 0;
  bool operator==(const PixelPlace&) const = default;
};

/// The place, in an image of height x width, of what is at (y,x) after its columns are mirrored
/// (flip_horizontal), then its rows (flip_vertical), then all of it turned counterclockwise
/// `quarter_turns` times, 0 to 3 (numpy.rot90). Odd numbers of turns need a square image.
constexpr PixelPlace source_pixel(Index y, Index x, Index height, Index width, bool flip_horizontal,
                                  bool flip_vertical, int quarter_turns) {
  PixelPlace place{y, x};
  if (quarter_turns == 1) place = {x, width - 1 - y};
  if (quarter_turns == 2) place = {height - 1 - y, width - 1 - x};
  if (quarter_turns == 3) place = {height - 1 - x, y};
  if (flip_vertical) place.y = height - 1 - place.y;
  if (flip_horizontal) place.x = width - 1 - place.x;
  return place;
}

/// The same as steps through the pixels of the source, which are numbered row by row: pixel (y,x)
/// comes from number `origin` + y * `row_step` + x * `column_step`.
struct PixelWalk {
  Index origin = 0, row_step = 0, column_step = 0;

  constexpr Index at(Index y, Index x) const { return origin + y * row_step + x * column_step; }
  bool operator==(const PixelWalk&) const = default;
};
constexpr PixelWalk pixel_walk(Index height, Index width, bool flip_horizontal = false,
                               bool flip_vertical = false, int quarter_turns = 0) {
  const auto number = [=](Index y, Index x) {
    const PixelPlace place =
        source_pixel(y, x, height, width, flip_horizontal, flip_vertical, quarter_turns);
    return place.y * width + place.x;
  };
  const Index origin = number(0, 0);
  return {origin, number(1, 0) - origin, number(0, 1) - origin};
}

}  // namespace fpanet
