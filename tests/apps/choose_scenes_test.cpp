#include "apps/training/choose_scenes.hpp"

#include <doctest/doctest.h>

#include "data/split.hpp"
#include "data/text_file.hpp"
#include "engine/core/error.hpp"
#include "tests/support/message_of.hpp"
#include "tests/support/scratch_folder.hpp"

namespace fpanet {
namespace {

namespace fs = std::filesystem;
using Scenes = std::vector<Index>;

const std::vector<std::string> kIds = {"a", "b", "c", "d", "e", "f", "g", "h"};

TEST_CASE("a checkpoint knows the split of its run") {
  const ScratchFolder folder;
  fs::create_directories(folder / "run/checkpoints");
  fs::create_directories(folder / "run/other");
  write_text_file(folder / "run/checkpoints/best.safetensors", "");
  write_text_file(folder / "run/other/best.safetensors", "");
  CHECK(split_of_run(folder / "run") == std::nullopt);

  write_text_file(folder / "run/split.csv", "id,split\n");
  const fs::path split = fs::canonical(folder / "run/split.csv");
  CHECK(split_of_run(folder / "run") == split);
  CHECK(split_of_run(folder / "run/") == split);
  CHECK(split_of_run(folder / "run/checkpoints/best.safetensors") == split);
  CHECK(split_of_run(folder / "run/other/best.safetensors") == std::nullopt);
}

TEST_CASE("all scenes, or a part of the notebook's split") {
  CHECK(choose_scenes("all", kIds, {}).scenes == Scenes{0, 1, 2, 3, 4, 5, 6, 7});
  const Split split = notebook_split(8);
  CHECK(choose_scenes("train", kIds, {}).scenes == split.train);
  CHECK(choose_scenes("val", kIds, {}).scenes == split.val);
  const SceneChoice choice = choose_scenes("test", kIds, {});
  CHECK(choice.scenes == split.test);
  CHECK(choice.description == "test of the notebook's split");
}

TEST_CASE("the split of the run counts where the data has its scenes") {
  const ScratchFolder folder;
  const fs::path file = folder / "split.csv";
  write_text_file(file, "id,split\nc,test\nb,val\na,train\nh,test\n");
  CHECK(choose_scenes("test", kIds, file).scenes == Scenes{2, 7});
  CHECK(choose_scenes("val", kIds, file).scenes == Scenes{1});
  CHECK(choose_scenes("test", kIds, file).description == "test of " + file.string());

  CHECK(choose_scenes("test", kIds, file).warning.empty());

  write_text_file(file, "id,split\na,train\nb,val\n");
  CHECK(test::contains(test::message_of<Error>([&] { choose_scenes("test", kIds, file); }),
                       "no scenes"));
}

TEST_CASE("of the split of the run that counts which the data still has") {
  const ScratchFolder folder;
  const fs::path file = folder / "split.csv";
  write_text_file(file,
                  "id,split\ngone,test\nc,test\nlost,train\na,train\nb,val\nd,train\nh,test\n");
  const SceneChoice choice = choose_scenes("test", kIds, file);
  CHECK(choice.scenes == Scenes{2, 7});
  CHECK(test::contains(choice.warning, "the data lacks 2 scenes of " + file.string()));
  CHECK(test::contains(choice.warning, "gone, lost"));
  CHECK(test::contains(choice.description, "without 2 missing scenes"));
  CHECK(choose_scenes("train", kIds, file).scenes == Scenes{0, 3});

  write_text_file(file, "id,split\nelsewhere,test\na,train\n");
  CHECK(test::contains(test::message_of<Error>([&] { choose_scenes("test", kIds, file); }),
                       "no scenes"));
}

TEST_CASE("the notebook's split as a fallback is never silent") {
  const ScratchFolder folder;
  const fs::path file = folder / "split.csv";
  write_text_file(file, "id,split\nelsewhere,test\nother,train\n");
  const SceneChoice choice = choose_scenes("test", kIds, file);
  CHECK(choice.scenes == notebook_split(8).test);
  CHECK(test::contains(choice.warning, "the data has no scene of " + file.string()));
  CHECK(test::contains(choose_scenes("test", kIds, {}).warning, "may have been trained on"));
  CHECK(choose_scenes("all", kIds, {}).warning.empty());
}

TEST_CASE("of a CSV file the test rows count, else all") {
  const ScratchFolder folder;
  const fs::path file = folder / "mine.csv";
  write_text_file(file, "id,split\nd,test\na,train\n");
  CHECK(choose_scenes(file.string(), kIds, {}).scenes == Scenes{3});
  write_text_file(file, "id,split\nd,val\na,train\nb,train\n");
  CHECK(choose_scenes(file.string(), kIds, {}).scenes == Scenes{0, 1, 3});
  write_text_file(file, "id,split\nz,test\n");
  CHECK(test::contains(test::message_of<Error>([&] { choose_scenes(file.string(), kIds, {}); }),
                       "'z'"));
  CHECK(!test::message_of<Error>([&] { choose_scenes("missing.csv", kIds, {}); }).empty());
}

}  // namespace
}  // namespace fpanet
