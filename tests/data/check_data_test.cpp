#include "data/check_data.hpp"

#include <doctest/doctest.h>

#include "engine/core/error.hpp"
#include "tests/data/scene_files.hpp"

namespace fpanet {

using test::contains;

TEST_CASE("check-data: a good folder") {
  const ScratchFolder scratch;
  test::write_folder(scratch.path(), 3, 8, 28);
  write_png(scratch / "02_mask.png", test::striped_labels(8, 28, 2));
  const DataReport report = check_data(scratch.path(), 2);
  CHECK(report.usable());
  CHECK(report.scan.scenes.size() == 3);
  CHECK(report.sizes.at("8x28") == 3);
  CHECK(report.index_masks == 1);
  // 28 columns in stripes of 4 are 7 stripes, one a class.
  CHECK(report.class_pixels == std::vector<Index>(7, 3 * 8 * 4));
  CHECK(contains(report.str(), "  3 forest_land                      96   14.29 %\n"));
  CHECK(contains(report.str(), "usable for training"));
}

TEST_CASE("check-data: everything that is wrong, at once") {
  const ScratchFolder scratch;
  test::write_folder(scratch.path(), 5, 8, 28);
  std::filesystem::remove(scratch / "00_mask.png");
  std::filesystem::remove(scratch / "01_sat.png");
  test::truncate_file(scratch / "02_sat.png", 60);
  write_png(scratch / "03_sat.png", test::picture(9, 28));
  Image mask(8, 28, 3);
  std::fill_n(mask.row(3), 9, std::uint8_t{200});
  write_png(scratch / "04_mask.png", mask);

  const DataReport report = check_data(scratch.path(), 1);
  CHECK_FALSE(report.usable());
  CHECK(report.scan.images_without_mask == std::vector<std::string>{"00_sat.png"});
  CHECK(report.scan.masks_without_image == std::vector<std::string>{"01_mask.png"});
  REQUIRE(report.bad.size() == 2);
  CHECK(contains(report.bad[0].problem, "02_sat.png: damaged or cut-off PNG"));
  CHECK(contains(report.bad[1].problem, "the mask is 8x28, but its image 03_sat.png is 9x28"));
  REQUIRE(report.stray.size() == 1);
  CHECK(report.stray[0].color == Rgb{200, 200, 200});
  CHECK(report.stray[0].pixels == 3);
  CHECK(report.class_pixels[6] == 8 * 28 - 3 + 8 * 4);
  CHECK(contains(report.str(), "images without a mask: 1: 00_sat.png"));
  CHECK(contains(report.str(), "  200,200,200: 3 pixels in 1 masks"));
  CHECK(contains(report.str(), "not usable for training"));
}

TEST_CASE("check-data: without a class table, and with no folder at all") {
  const ScratchFolder scratch;
  test::write_folder(scratch / "d", 1, 8, 28);
  std::filesystem::remove(scratch / "d" / "class_dict.csv");
  const DataReport report = check_data(scratch / "d", 1);
  CHECK_FALSE(report.usable());
  CHECK(report.stray.size() == 7);
  CHECK(contains(report.str(), "no class table"));
  CHECK_THROWS_AS(check_data(scratch / "none", 1), Error);
}

}  // namespace fpanet
