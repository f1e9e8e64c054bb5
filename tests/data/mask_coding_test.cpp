#include "data/mask_coding.hpp"

#include <doctest/doctest.h>

#include "data/dataset.hpp"
#include "tests/data/scene_files.hpp"

namespace fpanet {

using test::contains;

namespace {

const ClassTable kBinary({{"background", {0, 0, 0}}, {"building", {255, 255, 255}}});
const ClassTable kInverted({{"building", {255, 255, 255}}, {"background", {0, 0, 0}}});

MaskValues gray(std::initializer_list<std::size_t> values) {
  MaskValues mask{.kind = MaskValues::Kind::gray, .found = {}};
  for (const std::size_t v : values) mask.found[v] = true;
  return mask;
}

const MaskValues kColors{.kind = MaskValues::Kind::colors, .found = {}};
const MaskValues kUnreadable{};

MaskCoding decide(std::vector<MaskValues> masks, const ClassTable& classes) {
  return decide_mask_coding(masks, classes);
}

}  // namespace

TEST_CASE("mask coding: gray values that are class colours and not indices are colours") {
  CHECK(decide({gray({0, 255}), gray({0}), gray({255})}, kBinary).gray == GrayMasks::colors);
  CHECK(decide({gray({0, 255}), gray({0})}, kInverted).gray == GrayMasks::colors);
  CHECK(decide({gray({0, 255})}, kInverted).usable());
  CHECK(decide({gray({0, 255})}, kBinary).note ==
        "1 masks of one channel: gray class colours, 0 is 'background', 255 is 'building'");
}

TEST_CASE("mask coding: nothing but 255 is ignored") {
  const MaskCoding coding = decide({gray({255}), gray({255})}, ClassTable::deepglobe());
  CHECK(coding.gray == GrayMasks::indices);
  CHECK(coding.usable());
}

TEST_CASE("mask coding: gray values that are indices are indices") {
  CHECK(decide({gray({0, 1}), gray({0})}, kBinary).gray == GrayMasks::indices);
  CHECK(decide({gray({0, 1, 255}), gray({0, 255})}, kBinary).gray == GrayMasks::indices);
  CHECK(decide({gray({0, 1, 255})}, kBinary).usable());
  CHECK(decide({gray({0, 3, 6}), gray({255})}, ClassTable::deepglobe()).usable());
  CHECK(decide({gray({0})}, kBinary).gray == GrayMasks::indices);  // either way background
  CHECK(decide({gray({0})}, kBinary).usable());
}

TEST_CASE("mask coding: gray masks beside colour masks are colours, or refused") {
  const ClassTable classes = ClassTable::deepglobe();
  const MaskCoding good = decide({kColors, gray({0, 255}), gray({0}), kUnreadable}, classes);
  CHECK(good.gray == GrayMasks::colors);
  CHECK(good.usable());
  CHECK(good.gray_masks == 2);

  const MaskCoding mixed = decide({kColors, gray({0, 3}), kColors}, classes);
  CHECK_FALSE(mixed.usable());
  CHECK(mixed.problems[0].empty());
  CHECK(contains(mixed.problems[1], "holds class indices (one channel, values 0, 3), but 2 masks"));

  const MaskCoding other = decide({gray({0, 3}), kColors, gray({1, 2}), gray({0})}, classes);
  CHECK(other.gray == GrayMasks::indices);
  CHECK(contains(other.problems[1], "holds colours (three channels), but 2 masks"));
  CHECK(other.problems[0].empty());
  CHECK(other.problems[3].empty());
}

TEST_CASE("mask coding: values that are neither") {
  const MaskCoding coding = decide({gray({0, 128, 255}), gray({0, 255})}, kBinary);
  CHECK(contains(coding.problems[0], "holds the value 128, but there are 2 classes"));
  CHECK(coding.problems[1].empty());
  // The 1 is an index only, the 128 a colour only.
  const ClassTable classes({{"a", {0, 0, 0}}, {"b", {128, 128, 128}}});
  CHECK(contains(decide({gray({1, 128})}, classes).problems[0], "holds the value 128"));
  const MaskCoding halves = decide({gray({0, 1}), gray({0, 128})}, classes);
  CHECK_FALSE(halves.usable());
}

TEST_CASE("mask coding: indices that begin at 1 get a hint") {
  const MaskCoding coding = decide({gray({1, 2, 255}), gray({2})}, kBinary);
  CHECK(contains(coding.problems[0], "hold 1 to 2, but indices start at 0 here"));
  CHECK_FALSE(contains(decide({gray({0, 1, 2})}, kBinary).problems[0], "start at 0"));
  CHECK_FALSE(contains(decide({gray({1, 2, 3})}, kBinary).problems[0], "start at 0"));
}

TEST_CASE("mask coding: two readings that differ are refused") {
  const MaskCoding coding = decide({gray({0}), gray({0})}, kInverted);
  CHECK(contains(coding.problems[0], "class indices and gray class colours of other classes"));
  CHECK_FALSE(coding.problems[1].empty());
}

TEST_CASE("mask coding: read from files, colours by their header alone") {
  const ScratchFolder scratch;
  test::write_scene(scratch.path(), "a", 8, 28);
  test::truncate_file(scratch / "a_mask.png", 40);
  CHECK(read_mask_values(scratch / "a_mask.png").kind == MaskValues::Kind::colors);
  write_png(scratch / "b_mask.png", test::striped_labels(4, 8, 3));
  const MaskValues values = read_mask_values(scratch / "b_mask.png");
  CHECK(values.kind == MaskValues::Kind::gray);
  CHECK(values.found == gray({3, 4}).found);
  test::truncate_file(scratch / "b_mask.png", 50);
  CHECK(read_mask_values(scratch / "b_mask.png").kind == MaskValues::Kind::unreadable);
}

TEST_CASE("mask coding: a colour mask that an optimiser saved without colour keeps its labels") {
  const ScratchFolder scratch;
  test::write_folder(scratch.path(), 2, 8, 28);
  Image mask(8, 28, 1);
  std::fill_n(mask.row(0), 28, std::uint8_t{255});
  write_png(scratch / "01_mask.png", mask);
  DatasetOptions options;
  options.size = {};
  const LabelMap labels = FolderDataset(scratch.path(), options).load(1).labels;
  CHECK(labels.labels.pixels[0] == 5);   // barren_land
  CHECK(labels.labels.pixels[28] == 6);  // unknown
  CHECK(labels.ignored == 0);
}

}  // namespace fpanet
