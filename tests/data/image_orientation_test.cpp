#include "data/image_orientation.hpp"

#include <doctest/doctest.h>

#include "data/dataset.hpp"
#include "data/scene_store.hpp"
#include "engine/core/error.hpp"
#include "tests/data/scene_files.hpp"

namespace fpanet {

using test::contains;
using test::message_of;

namespace {

/// Inserts EXIF data with this orientation behind the first marker of a JPEG file.
void turn(const std::filesystem::path& jpeg, std::uint8_t orientation) {
  std::vector<std::uint8_t> bytes = read_file_bytes(jpeg);
  const std::vector<std::uint8_t> exif{
      0xff, 0xe1, 0, 34,   'E', 'x', 'i', 'f', 0, 0, 'M', 'M',         0, 42, 0, 0, 0, 8,  // header
      0,    1,    1, 0x12, 0,   3,   0,   0,   0, 1, 0,   orientation, 0, 0,  0, 0, 0, 0};
  bytes.insert(bytes.begin() + 2, exif.begin(), exif.end());
  test::write_bytes(jpeg, bytes);
}

}  // namespace

TEST_CASE("image orientation: of the test images, as read_image applies it") {
  const std::filesystem::path images = std::filesystem::path(FPANET_TEST_DATA) / "images";
  for (const auto& entry : std::filesystem::directory_iterator(images)) {
    const std::string name = entry.path().stem();
    CAPTURE(entry.path());
    const int expected = name.starts_with("turned") ? name.back() - '0' : 1;
    CHECK(image_orientation(entry.path()) == expected);
  }
  CHECK(image_orientation(images / "missing.jpg") == 1);
}

TEST_CASE("image orientation: a mask that was not turned with its image") {
  const ScratchFolder scratch;
  test::write_scene(scratch.path(), "a", 8, 28);
  ClassTable::deepglobe().write(scratch / "class_dict.csv");
  std::filesystem::remove(scratch / "a_sat.png");
  write_jpeg(scratch / "a_sat.jpg", test::picture(8, 28), 90);
  turn(scratch / "a_sat.jpg", 6);
  CHECK(image_orientation(scratch / "a_sat.jpg") == 6);
  DatasetOptions options;
  options.size = {8, 8};
  CHECK(
      contains(message_of<Error>([&] { FolderDataset(scratch.path(), options).load(0); }),
               "the mask is 8x28, but its image a_sat.jpg is 28x8 after its EXIF orientation (6)"));
}

TEST_CASE("image orientation: what only the user can see is counted") {
  const ScratchFolder scratch;
  test::write_folder(scratch.path(), 4, 16, 16);
  for (const char* id : {"01", "02"}) {
    std::filesystem::remove(scratch / (std::string(id) + "_sat.png"));
    write_jpeg(scratch / (std::string(id) + "_sat.jpg"), test::picture(16, 16), 90);
  }
  turn(scratch / "01_sat.jpg", 8);
  turn(scratch / "02_sat.jpg", 1);
  SceneStore store(std::make_shared<FolderDataset>(scratch.path(), DatasetOptions{}));
  const std::vector<Index> all{0, 1, 2, 3};
  CHECK(store.verify(all, 2).turned == std::vector<Index>{1});
  CHECK_FALSE(turned_unseen(scratch / "01_sat.jpg", {16, 20}));
  turn(scratch / "02_sat.jpg", 3);
  CHECK(turned_unseen(scratch / "02_sat.jpg", {16, 20}));
  CHECK(contains(turned_warning({"1", "2"}), "2 images without changing their size"));
  CHECK(contains(turned_warning({"1", "2"}), ": 1, 2"));
}

}  // namespace fpanet
