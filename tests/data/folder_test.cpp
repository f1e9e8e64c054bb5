#include "data/folder.hpp"

#include <doctest/doctest.h>

#include "engine/core/error.hpp"
#include "tests/data/scene_files.hpp"

namespace fpanet {

using test::contains;
using test::message_of;
using test::write_text;

TEST_CASE("folder: pairs by id, sorted by file name code point by code point") {
  const ScratchFolder scratch;
  for (const char* id : {"10233", "100694", "104113", "1006"}) {
    write_text(scratch / (std::string(id) + "_sat.jpg"), "");
    write_text(scratch / (std::string(id) + "_mask.png"), "");
  }
  write_text(scratch / "notes.txt", "");
  write_text(scratch / "class_dict.csv", "");
  std::vector<std::string> ids;
  for (const ScenePaths& scene : paired_scenes(scratch.path())) {
    ids.push_back(scene.id);
    CHECK(scene.mask.filename() == scene.id + "_mask.png");
  }
  // '6' comes before '_', so that "100694_sat.jpg" precedes "1006_sat.jpg".
  CHECK(ids == std::vector<std::string>{"100694", "1006", "10233", "104113"});
}

TEST_CASE("folder: all files without a partner are named in one error") {
  const ScratchFolder scratch;
  for (const char* name : {"1_sat.jpg", "1_mask.png", "2_sat.png", "3_sat.JPG", "4_mask.png"}) {
    write_text(scratch / name, "");
  }
  const std::string message = message_of<Error>([&] { paired_scenes(scratch.path()); });
  CHECK(contains(message, "2 without a mask (ID_mask.png): 2_sat.png, 3_sat.JPG"));
  CHECK(contains(message, "1 without an image (ID_sat.jpg): 4_mask.png"));
}

TEST_CASE("folder: missing, empty, and with two images of one id") {
  const ScratchFolder scratch;
  CHECK(contains(message_of<Error>([&] { paired_scenes(scratch.path()); }), "holds no scene"));
  CHECK(contains(message_of<Error>([&] { paired_scenes(scratch / "none"); }),
                 "none: cannot be listed"));
  write_text(scratch / "1_sat.jpg", "");
  write_text(scratch / "1_sat.png", "");
  CHECK(contains(message_of<Error>([&] { scan_folder(scratch.path()); }), "'1' has two images"));
}

TEST_CASE("folder: the class table lies inside or beside") {
  const ScratchFolder scratch;
  const std::filesystem::path train = scratch / "train";
  std::filesystem::create_directory(train);
  CHECK(contains(message_of<Error>([&] { find_class_table(train); }), "no class table"));
  write_text(scratch / "class_dict.csv", "");
  CHECK(find_class_table(train) == scratch / "class_dict.csv");
  CHECK(find_class_table(train / "") == scratch / "class_dict.csv");
  write_text(train / "class_dict.csv", "");
  CHECK(find_class_table(train) == train / "class_dict.csv");
}

TEST_CASE("folder: images to predict on are all but the masks") {
  const ScratchFolder scratch;
  CHECK(contains(message_of<Error>([&] { list_images(scratch.path()); }), "holds no image"));
  for (const char* name : {"b.png", "a_sat.jpg", "a_mask.png", "c.txt"}) {
    write_text(scratch / name, "");
  }
  const auto images = list_images(scratch.path());
  REQUIRE(images.size() == 2);
  CHECK(images[0].filename() == "a_sat.jpg");
  CHECK(images[1].filename() == "b.png");
}

}  // namespace fpanet
