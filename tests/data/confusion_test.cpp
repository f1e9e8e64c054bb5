#include "data/confusion.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "engine/core/error.hpp"

namespace fpanet {

TEST_CASE("confusion: the table of a small data set") {
  // Two images, classes 0 to 2, the last row and column out of range.
  const std::vector<std::int64_t> counts{
      3, 1, 0, 0,  //
      0, 4, 0, 0,  //
      0, 0, 0, 0,  //
      5, 5, 5, 5,  //
      1, 0, 0, 1,  //
      2, 0, 0, 0,  //
      0, 0, 0, 0,  //
      0, 0, 0, 0,  //
  };
  ConfusionMatrix matrix(3);
  matrix.add(counts);
  CHECK(matrix.pixels() == 12);
  CHECK(matrix.at(0, 0) == 4);
  CHECK(matrix.at(0, 1) == 1);
  CHECK(matrix.at(1, 0) == 2);
  CHECK(matrix.pixel_accuracy() == doctest::Approx(8.0 / 12));

  const ClassScore zero = matrix.of(0);
  CHECK(zero.pixels == 6);
  CHECK(zero.iou == doctest::Approx(4.0 / 8));
  CHECK(zero.precision == doctest::Approx(4.0 / 6));
  CHECK(zero.recall == doctest::Approx(4.0 / 6));
  CHECK(zero.f1 == doctest::Approx(8.0 / 12));
  const ClassScore one = matrix.of(1);
  CHECK(one.iou == doctest::Approx(4.0 / 7));
  CHECK(one.precision == doctest::Approx(4.0 / 5));

  const ClassScore absent = matrix.of(2);
  CHECK(std::isnan(absent.iou));
  CHECK(absent.pixels == 0);
  CHECK(matrix.mean_iou() == doctest::Approx((4.0 / 8 + 4.0 / 7) / 2));
  CHECK(matrix.mean_iou(1) == doctest::Approx(4.0 / 8));
}

TEST_CASE("confusion: nothing counted, and counts of another size") {
  ConfusionMatrix matrix(2);
  CHECK(std::isnan(matrix.pixel_accuracy()));
  CHECK(std::isnan(matrix.mean_iou()));
  CHECK_THROWS_AS(matrix.add(std::vector<std::int64_t>(8)), Error);
}

}  // namespace fpanet
