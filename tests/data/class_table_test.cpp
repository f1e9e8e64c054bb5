#include "data/class_table.hpp"

#include <doctest/doctest.h>

#include "data/mask.hpp"
#include "engine/core/error.hpp"
#include "tests/data/scene_files.hpp"

namespace fpanet {

using test::contains;
using test::message_of;

namespace {

std::string read_error(const std::string& text) {
  const ScratchFolder scratch;
  test::write_text(scratch / "class_dict.csv", text);
  return message_of<Error>([&] { ClassTable::read(scratch / "class_dict.csv"); });
}

/// A row of pixels of these colours.
Image mask_of(const std::vector<Rgb>& colors) {
  Image mask(1, static_cast<Index>(colors.size()), 3);
  for (std::size_t i = 0; i < colors.size(); ++i) {
    std::copy(colors[i].begin(), colors[i].end(), mask.at(0, static_cast<Index>(i)));
  }
  return mask;
}

using Labels = std::vector<std::uint8_t>;

}  // namespace

TEST_CASE("class table: DeepGlobe's file, with CRLF and no final line end") {
  const ScratchFolder scratch;
  test::write_text(scratch / "class_dict.csv",
                   "name,r,g,b\r\nurban_land,0,255,255\r\nagriculture_land,255,255,0\r\n"
                   "rangeland,255,0,255\r\nforest_land,0,255,0\r\nwater,0,0,255\r\n"
                   "barren_land,255,255,255\r\nunknown,0,0,0");
  const ClassTable classes = ClassTable::read(scratch / "class_dict.csv");
  CHECK(classes == ClassTable::deepglobe());
  CHECK(classes.find("unknown") == 6);
  CHECK(classes.find("sea") == std::nullopt);
  CHECK(classes.find(Rgb{0, 0, 255}) == 4);
  CHECK(classes.find(Rgb{0, 0, 254}) == std::nullopt);
  CHECK(classes.nearest({10, 20, 200}) == 4);
  CHECK(classes.nearest({255, 100, 100}) == 1);  // as near as 2: the lower label wins
}

TEST_CASE("class table: columns in any order, byte-order mark, blanks and empty lines") {
  const ScratchFolder scratch;
  test::write_text(scratch / "t.csv", "\xef\xbb\xbf b, name ,extra,g,r\n\n3,road,x,2,1\n\n");
  const ClassTable classes = ClassTable::read(scratch / "t.csv");
  REQUIRE(classes.size() == 1);
  CHECK(classes.classes()[0] == ClassInfo{"road", {1, 2, 3}});
  classes.write(scratch / "u.csv");
  CHECK(ClassTable::read(scratch / "u.csv") == classes);
}

TEST_CASE("class table: mistakes are named with file and line") {
  CHECK(contains(read_error(""), "class_dict.csv: is empty"));
  CHECK(contains(read_error("name,r,g\nx,1,2\n"), "no column 'b'"));
  CHECK(contains(read_error("name,r,g,b\nx,1,2\n"), "class_dict.csv:2: 'x,1,2' has no value"));
  CHECK(contains(read_error("name,r,g,b\nx,1,2,256\n"), ":2: '256' is not a colour value"));
  CHECK(contains(read_error("name,r,g,b\nx,1,2,-1\n"), ":2: '-1' is not a colour value"));
  CHECK(contains(read_error("name,r,g,b\n"), "0 classes"));
  CHECK(contains(read_error("name,r,g,b\nx,1,2,3\nx,4,5,6\n"), "two classes are called 'x'"));
  CHECK(contains(read_error("name,r,g,b\nx,1,2,3\ny,1,2,3\n"), "'x' and 'y' have the same colour"));
}

TEST_CASE("class table: names with commas and quotes come back; other encodings are refused") {
  const ScratchFolder scratch;
  const ClassTable classes({{"land, wet", {1, 2, 3}}, {"\"road\"", {4, 5, 6}}, {" ", {7, 8, 9}}});
  classes.write(scratch / "t.csv");
  CHECK(ClassTable::read(scratch / "t.csv") == classes);

  CHECK(contains(read_error("name,r,g,b\nwater,0,0,255\nW\xe4lder,0,255,0\n"),
                 "class_dict.csv:3: 'W?lder,0,255,0' is not UTF-8 text"));
  CHECK(contains(message_of<Error>([] {
                   ClassTable({{"W\xe4lder", {0, 255, 0}}});
                 }),
                 "the name of class 0, 'W?lder', is not UTF-8"));
}

TEST_CASE("masks: what unmatched colours become is the policy's") {
  const ClassTable classes = ClassTable::deepglobe();
  const Image mask = mask_of({{0, 255, 255}, {0, 0, 250}, {0, 0, 250}, {0, 0, 0}, {200, 20, 10}});
  const auto labels = [&](MaskPolicy policy) { return labels_from_mask(mask, classes, policy); };

  CHECK(labels(MaskPolicy::ignore).labels.pixels == Labels{0, 255, 255, 6, 255});
  CHECK(labels(MaskPolicy::ignore).unmatched == 3);
  CHECK(labels(MaskPolicy::class_zero).labels.pixels == Labels{0, 0, 0, 6, 0});
  CHECK(labels(MaskPolicy::class_zero).unmatched == 3);
  // (255,0,0), what (200,20,10) is cut to, is the one binary colour that no class has.
  CHECK(labels(MaskPolicy::threshold128).labels.pixels == Labels{0, 4, 4, 6, 255});
  CHECK(labels(MaskPolicy::threshold128).unmatched == 1);
  CHECK(labels(MaskPolicy::nearest).labels.pixels == Labels{0, 4, 4, 6, 6});
  CHECK(contains(message_of<Error>([&] { labels(MaskPolicy::error); }), "the colour 0,0,250"));
}

TEST_CASE("masks: one channel holds indices") {
  const ClassTable classes = ClassTable::deepglobe();
  Image mask(1, 3, 1);
  mask.pixels = {6, 255, 0};
  CHECK(labels_from_mask(mask, classes, MaskPolicy::class_zero).labels == mask);
  mask.pixels = {6, 7, 0};
  CHECK(contains(message_of<Error>([&] { labels_from_mask(mask, classes, MaskPolicy::ignore); }),
                 "holds the value 7, but there are 7 classes"));
}

TEST_CASE("masks: labels to colours and back") {
  const ClassTable classes = ClassTable::deepglobe();
  const Image labels = test::striped_labels(5, 40);
  const Image colors = colors_from_labels(labels, classes);
  CHECK(labels_from_mask(colors, classes, MaskPolicy::error).labels == labels);
  Image ignored(1, 1, 1);
  ignored.pixels = {kIgnoreByte};
  CHECK(colors_from_labels(ignored, classes).pixels == Labels{0, 0, 0});
}

TEST_CASE("masks: policies by name") {
  for (const MaskPolicy policy :
       {MaskPolicy::ignore, MaskPolicy::class_zero, MaskPolicy::threshold128, MaskPolicy::nearest,
        MaskPolicy::error}) {
    CHECK(parse_mask_policy(name_of(policy)) == policy);
  }
  CHECK(contains(message_of<Error>([] { parse_mask_policy("exact"); }), "mask policy 'exact'"));
}

}  // namespace fpanet
