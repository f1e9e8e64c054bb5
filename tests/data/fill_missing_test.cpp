#include "data/raster/fill_missing.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>

#include "tests/data/scene_files.hpp"

namespace fpanet {

TEST_CASE("missing samples: what a file has where there is no data changes nothing") {
  for (const DType type : {DType::u8, DType::u16, DType::i16, DType::f32}) {
    CAPTURE(name_of(type));
    RasterPatch first{.pixels = test::any_picture(9, 7, 3, type),
                      .valid = std::vector<std::uint8_t>(63, 1)};
    first.valid[5] = first.valid[40] = 0;
    RasterPatch second = first;
    for (const std::size_t hidden : {5, 40}) {
      std::fill_n(second.pixels.pixels.begin() +
                      static_cast<std::ptrdiff_t>(hidden) * second.pixels.pixel_bytes(),
                  second.pixels.pixel_bytes(), std::uint8_t{0xff});  // NaN in f32
    }
    const Image before = first.pixels;
    fill_missing(first);
    fill_missing(second);
    CHECK(first.pixels == second.pixels);
    CHECK(crop(first.pixels, {1, 0, 4, 7}) == crop(before, {1, 0, 4, 7}));
  }
}

TEST_CASE("missing samples: become the mean of their band") {
  RasterPatch patch{.pixels = Image(1, 4, 2, DType::f32), .valid = {1, 1, 0, 1}};
  std::ranges::copy(
      std::vector<float>{1, 10, 2, std::numeric_limits<float>::quiet_NaN(), 99, 99, -9999, 30},
      patch.pixels.samples<float>().begin());
  patch.pixels.nodata = -9999;
  fill_missing(patch);
  CHECK(std::ranges::equal(patch.pixels.samples<float>(),
                           std::vector<float>{1, 10, 2, 20, 1.5, 20, 1.5, 30}));

  RasterPatch bytes{.pixels = Image(1, 3, 1), .valid = {1, 0, 1}};
  bytes.pixels.pixels = {0, 7, 3};
  bytes.pixels.nodata = 0;  // dark, not missing
  fill_missing(bytes);
  CHECK(bytes.pixels.pixels == std::vector<std::uint8_t>{0, 2, 3});

  RasterPatch none{.pixels = Image(1, 2, 1, DType::i16), .valid = {0, 0}};
  std::ranges::fill(none.pixels.samples<std::int16_t>(), std::int16_t{5});
  fill_missing(none);
  CHECK(std::ranges::equal(none.pixels.samples<std::int16_t>(), std::vector<std::int16_t>{0, 0}));
}

}  // namespace fpanet
