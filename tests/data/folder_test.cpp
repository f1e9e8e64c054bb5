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

TEST_CASE("folder: hidden files are no scenes and no pictures") {
  const ScratchFolder scratch;
  for (const char* name : {"1_sat.jpg", "1_mask.png", "._1_sat.jpg", "._1_mask.png", "._2_mask.png",
                           ".DS_Store", ".3_sat.jpg"}) {
    write_text(scratch / name, "");
  }
  const std::vector<ScenePaths> scenes = paired_scenes(scratch.path());
  REQUIRE(scenes.size() == 1);
  CHECK(scenes[0].id == "1");
  CHECK(list_images(scratch.path()).size() == 1);
}

TEST_CASE("folder: suffixes in upper case are the same") {
  const ScratchFolder scratch;
  for (const char* name : {"1_sat.JPG", "1_mask.PNG", "2_sat.Png", "2_mask.Png"}) {
    write_text(scratch / name, "");
  }
  const std::vector<ScenePaths> scenes = paired_scenes(scratch.path());
  REQUIRE(scenes.size() == 2);
  CHECK(scenes[0].mask.filename() == "1_mask.PNG");
  CHECK(scenes[1].mask.filename() == "2_mask.Png");
  write_text(scratch / "1_mask.png", "");
  CHECK(contains(message_of<Error>([&] { scan_folder(scratch.path()); }), "'1' has two masks"));
}

TEST_CASE("folder: JPEG masks are refused, but under the policy nearest") {
  const ScratchFolder scratch;
  for (const char* name : {"1_sat.jpg", "1_mask.jpg", "2_sat.jpg", "2_mask.png", "2_mask.jpg"}) {
    write_text(scratch / name, "");
  }
  const std::string message = message_of<Error>([&] { paired_scenes(scratch.path()); });
  CHECK(contains(message, "1 with a JPEG mask, whose compression blurs the colours"));
  CHECK(contains(message, "--mask-policy nearest: 1_mask.jpg"));
  CHECK_FALSE(contains(message, "2_mask"));
  const std::vector<ScenePaths> scenes = paired_scenes(scratch.path(), MaskPolicy::nearest);
  REQUIRE(scenes.size() == 2);
  CHECK(scenes[0].mask.filename() == "1_mask.jpg");
  CHECK(scenes[1].mask.filename() == "2_mask.png");
}

TEST_CASE("folder: parts of scenes in a format that is not read are named") {
  const ScratchFolder scratch;
  for (const char* name : {"1_sat.jpg", "1_mask.png", "1_sat.tif", "2_sat.TIF", "2_mask.tif",
                           "3_sat.jpg", "3_mask.bmp", "plan.tif"}) {
    write_text(scratch / name, "");
  }
  const std::string message = message_of<Error>([&] { paired_scenes(scratch.path()); });
  CHECK(contains(message, "2 in a format that is not read"));
  CHECK(contains(message, "convert or remove: 2_mask.tif, 2_sat.TIF"));
  CHECK_FALSE(contains(message, "3_"));
  std::vector<std::string> unread;
  for (const auto& file : list_unread_images(scratch.path())) unread.push_back(file.filename());
  CHECK(unread == std::vector<std::string>{"1_sat.tif", "2_sat.TIF", "plan.tif"});
}

TEST_CASE(
    "folder: names that are not UTF-8 are refused, those of terminal codes shown harmlessly") {
  const ScratchFolder scratch;
  write_text(scratch / "\x1b[31mred_sat.jpg", "");
  CHECK(contains(message_of<Error>([&] { paired_scenes(scratch.path()); }), ": ?[31mred_sat.jpg"));
  write_text(scratch / "W\xe4lder_sat.jpg", "");
  CHECK(contains(message_of<Error>([&] { scan_folder(scratch.path()); }),
                 "'W?lder_sat.jpg' is not UTF-8"));
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
