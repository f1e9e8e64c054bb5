#include "data/padding.hpp"

#include <doctest/doctest.h>

#include <numeric>
#include <vector>

namespace fpanet {
namespace {

Image counting(Index height, Index width) {
  Image image(height, width, 3);
  std::iota(image.pixels.begin(), image.pixels.end(), std::uint8_t{0});
  return image;
}

TEST_CASE("reflection goes to and fro without repeating the ends") {
  const std::vector<Index> expected = {0, 1, 2, 3, 2, 1, 0, 1, 2, 3, 2};
  for (Index i = 0; i < static_cast<Index>(expected.size()); ++i) {
    CHECK(reflected(i, 4) == expected[static_cast<std::size_t>(i)]);
  }
  for (Index i = 0; i < 5; ++i) {
    CHECK(reflected(i, 1) == 0);
    CHECK(reflected(i, 2) == i % 2);
  }
}

TEST_CASE("padded sizes are the next multiples of the stride from 32 on") {
  CHECK(padded_size({1, 1}, 32) == ImageSize{32, 32});
  CHECK(padded_size({32, 33}, 32) == ImageSize{32, 64});
  CHECK(padded_size({2448, 320}, 32) == ImageSize{2464, 320});
  CHECK(padded_size({9, 41}, 8) == ImageSize{32, 48});
}

TEST_CASE("padding keeps the picture at the upper left and mirrors it beyond") {
  const Image image = counting(3, 4);
  const Image padded = pad_by_reflection(image, {8, 9});
  REQUIRE(padded.height == 8);
  REQUIRE(padded.width == 9);
  for (Index y = 0; y < 8; ++y) {
    for (Index x = 0; x < 9; ++x) {
      for (Index c = 0; c < 3; ++c) {
        CHECK(padded.at(y, x)[c] == image.at(reflected(y, 3), reflected(x, 4))[c]);
      }
    }
  }
  CHECK(pad_by_reflection(image, {3, 4}) == image);
}

TEST_CASE("a single pixel fills everything") {
  Image image(1, 1, 3);
  image.pixels = {7, 8, 9};
  const Image padded = pad_by_reflection(image, {32, 32});
  for (Index y = 0; y < 32; ++y) {
    for (Index x = 0; x < 32; ++x)
      CHECK(std::equal(image.at(0, 0), image.at(0, 0) + 3, padded.at(y, x)));
  }
}

}  // namespace
}  // namespace fpanet
