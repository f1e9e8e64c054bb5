#include "data/check_data.hpp"

#include <doctest/doctest.h>

#include "engine/core/error.hpp"
#include "tests/data/scene_files.hpp"

namespace fpanet {

using test::contains;

TEST_CASE("check-data: a good folder") {
  const ScratchFolder scratch;
  test::write_folder(scratch.path(), 3, 8, 28);
  CHECK(check_data(scratch.path(), 2).usable());
  CHECK(check_data(scratch.path(), 2).index_masks == 0);
  for (Index i = 0; i < 3; ++i) {
    write_png(scratch / fmt::format("{:02}_mask.png", i), test::striped_labels(8, 28, i));
  }
  const DataReport report = check_data(scratch.path(), 2);
  CHECK(report.usable());
  CHECK(report.scan.scenes.size() == 3);
  CHECK(report.sizes.at("8x28") == 3);
  CHECK(report.index_masks == 3);
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

TEST_CASE("check-data: black and white masks without colour are colours") {
  const ScratchFolder scratch;
  test::write_folder(scratch.path(), 2, 8, 28);
  ClassTable({{"background", {0, 0, 0}}, {"building", {255, 255, 255}}})
      .write(scratch / "class_dict.csv");
  Image mask(8, 28, 1);
  std::fill_n(mask.row(2), 2 * 28, std::uint8_t{255});
  write_png(scratch / "00_mask.png", mask);
  write_png(scratch / "01_mask.png", mask);
  const DataReport report = check_data(scratch.path(), 1);
  CHECK(report.usable());
  CHECK(report.class_pixels == std::vector<Index>{2 * 6 * 28, 2 * 2 * 28});
  CHECK(
      contains(report.str(),
               "2 masks of one channel: gray class colours, 0 is 'background', 255 is 'building'"));
}

TEST_CASE("check-data: masks of two kinds are refused, and those that disagree named") {
  const ScratchFolder scratch;
  test::write_folder(scratch.path(), 3, 8, 28);
  write_png(scratch / "02_mask.png", test::striped_labels(8, 28, 2));
  const DataReport report = check_data(scratch.path(), 1);
  CHECK_FALSE(report.usable());
  REQUIRE(report.bad.size() == 1);
  CHECK(contains(report.bad[0].problem, "02_mask.png: holds class indices (one channel"));
}

TEST_CASE("check-data: masks whose indices begin at 1") {
  const ScratchFolder scratch;
  test::write_folder(scratch.path(), 2, 8, 28);
  for (Index i = 0; i < 2; ++i) {
    Image mask = test::striped_labels(8, 28, i);
    for (std::uint8_t& value : mask.pixels) ++value;
    write_png(scratch / fmt::format("{:02}_mask.png", i), mask);
  }
  const DataReport report = check_data(scratch.path(), 1);
  CHECK_FALSE(report.usable());
  REQUIRE(report.bad.size() == 2);
  CHECK(contains(report.bad[1].problem,
                 "01_mask.png: the index mask (one channel) holds the value 7"));
  CHECK(contains(report.bad[1].problem, "hold 1 to 7, but indices start at 0 here"));
}

TEST_CASE("check-data: nothing to learn from is not usable") {
  const ScratchFolder scratch;
  test::write_folder(scratch.path(), 2, 8, 28);
  const auto paint = [&](std::uint8_t value, Index channels, Index rows) {
    for (const char* name : {"00_mask.png", "01_mask.png"}) {
      Image mask(8, 28, channels);
      std::fill_n(mask.row(0), rows * mask.row_bytes(), value);
      write_png(scratch / name, mask);
    }
    return check_data(scratch.path(), 1);
  };
  const DataReport stray = paint(77, 3, 8);
  CHECK_FALSE(stray.usable());
  CHECK(stray.counts.labelled_pixels == 0);
  CHECK(contains(stray.str(), "not usable for training: none of the 448 mask pixels in 2 scenes"));
  CHECK(contains(stray.str(), "77,77,77 (448 pixels)"));
  CHECK(contains(stray.str(), "77,77,77: 448 pixels in 2 masks: 00_mask.png, 01_mask.png"));

  const DataReport most = paint(77, 3, 7);
  CHECK_FALSE(most.usable());
  CHECK(contains(most.str(), "87.5 % of the mask pixels have a colour that no class has"));

  CHECK(contains(paint(255, 1, 7).str(), "gray class colours"));  // barren_land and unknown
  ClassTable({{"land", {9, 9, 9}}, {"sea", {0, 0, 255}}}).write(scratch / "class_dict.csv");
  const DataReport some = paint(255, 1, 7);
  CHECK(some.usable());
  CHECK(some.class_pixels == std::vector<Index>{56, 0});
  CHECK(contains(some.str(), "392 mask pixels in 2 scenes have the value 255; they are left out"));
  const DataReport none = paint(255, 1, 8);
  CHECK_FALSE(none.usable());
  CHECK(contains(none.str(), "100.0 % have the value 255, which is ignored"));
}

TEST_CASE("check-data: JPEG masks are refused, but under the policy nearest") {
  const ScratchFolder scratch;
  test::write_folder(scratch.path(), 1, 8, 28);
  write_jpeg(scratch / "00_mask.jpg", read_image(scratch / "00_mask.png"), 95);
  std::filesystem::remove(scratch / "00_mask.png");
  CHECK_FALSE(check_data(scratch.path(), 1).usable());
  CHECK(contains(check_data(scratch.path(), 1).str(), "--mask-policy nearest: 00_mask.jpg"));
  CHECK(check_data(scratch.path(), 1, MaskPolicy::nearest).usable());
}

TEST_CASE("check-data: range and nodata of each band; one sample type in all images") {
  const ScratchFolder scratch;
  test::write_folder(scratch.path(), 2, 8, 28);
  const auto deepen = [&](const char* name, std::uint16_t sample) {
    Image deep(8, 28, 3, DType::u16);
    std::ranges::fill(deep.samples<std::uint16_t>(), std::uint16_t{100});
    deep.samples<std::uint16_t>()[7] = sample;
    write_png(scratch / name, deep);
  };
  deepen("00_sat.png", 3000);
  const DataReport mixed = check_data(scratch.path(), 1);
  CHECK_FALSE(mixed.usable());
  CHECK(contains(mixed.str(), "images differ in their sample type: u16 in 1, u8 in 1"));

  deepen("01_sat.png", 2);
  const DataReport report = check_data(scratch.path(), 1);
  CHECK(report.usable());
  CHECK(contains(report.str(),
                 "pixels: 3 bands of u16 in 2 images\n"
                 "  band 1: 100 to 100, 0.00 % nodata\n"
                 "  band 2: 2 to 3000, 0.00 % nodata\n"));
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
