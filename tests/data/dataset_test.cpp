#include "data/dataset.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>

#include "data/scene_store.hpp"
#include "data/synth.hpp"
#include "engine/core/error.hpp"
#include "engine/core/join.hpp"
#include "tests/data/scene_files.hpp"

namespace fpanet {

using test::contains;
using test::message_of;
using test::write_folder;

namespace {

DatasetOptions at(const ImageSize& size) {
  DatasetOptions options;
  options.size = size;
  return options;
}

std::shared_ptr<const Dataset> folder(const std::filesystem::path& dir, const ImageSize& size) {
  return std::make_shared<FolderDataset>(dir, at(size));
}

std::vector<Index> all_of(const Dataset& dataset) {
  std::vector<Index> scenes(static_cast<std::size_t>(dataset.size()));
  std::iota(scenes.begin(), scenes.end(), Index{0});
  return scenes;
}

using Sizes = decltype(SceneStore::Summary::sizes);

std::string verify_error(const std::filesystem::path& dir) {
  SceneStore store(folder(dir, {8, 8}));
  return join(store.verify(all_of(store.dataset()), 2).problems, "\n");
}

}  // namespace

TEST_CASE("dataset: a folder's scenes, image linear and mask nearest") {
  const ScratchFolder scratch;
  write_folder(scratch.path(), 3, 20, 28);
  const FolderDataset dataset(scratch.path(), at({10, 9}));
  CHECK(dataset.ids() == std::vector<std::string>{"00", "01", "02"});
  CHECK(dataset.classes() == ClassTable::deepglobe());
  const Scene scene = dataset.load(1);
  CHECK(scene.image == resize(test::picture(20, 28, 1), {10, 9}, Interpolation::linear));
  CHECK(scene.labels.labels ==
        resize(test::striped_labels(20, 28, 1), {10, 9}, Interpolation::nearest));
  CHECK(scene.labels.unmatched == 0);
  CHECK(FolderDataset(scratch.path(), at({})).load(2).image == test::picture(20, 28, 2));
}

TEST_CASE("dataset: the cache changes nothing but the time") {
  const ScratchFolder scratch;
  write_folder(scratch / "data", 2, 20, 28);
  DatasetOptions options = at({10, 9});
  const Scene plain = FolderDataset(scratch / "data", options).load(1);
  options.cache_folder = scratch / "cache";
  for (int run = 0; run < 2; ++run) {
    const Scene cached = FolderDataset(scratch / "data", options).load(1);
    CHECK(cached.image == plain.image);
    CHECK(cached.labels.labels == plain.labels.labels);
  }
  CHECK(std::distance(std::filesystem::directory_iterator(scratch / "cache"), {}) == 2);
}

TEST_CASE("dataset: images of 1x1, gray, with alpha, and index masks") {
  const ScratchFolder scratch;
  const std::filesystem::path images = std::filesystem::path(FPANET_TEST_DATA) / "images";
  ClassTable::deepglobe().write(scratch / "class_dict.csv");
  test::write_scene(scratch.path(), "dot", 1, 1);
  write_png(scratch / "dot_mask.png", test::striped_labels(1, 1));
  for (const char* name : {"gray", "gray16", "rgba", "rgb16", "bits"}) {
    const Image image = read_image(images / (std::string(name) + ".png"));
    std::filesystem::copy(images / (std::string(name) + ".png"),
                          scratch / (std::string(name) + "_sat.png"));
    write_png(scratch / (std::string(name) + "_mask.png"),
              test::striped_labels(image.height, image.width));
  }
  SceneStore store(folder(scratch.path(), {32, 32}));
  CHECK(store.verify(all_of(store.dataset()), 1).sizes.size() == 1);
  for (Index i = 0; i < store.dataset().size(); ++i) {
    CHECK(store.get(i)->image.size_str() == "32x32");
    CHECK(store.get(i)->image.channels == 3);
  }
}

TEST_CASE("dataset: a missing class table, an unpaired image, an empty folder") {
  const ScratchFolder scratch;
  CHECK(contains(message_of<Error>([&] { folder(scratch.path(), {8, 8}); }), "holds no scene"));
  test::write_scene(scratch.path(), "a", 8, 8);
  CHECK(contains(message_of<Error>([&] { folder(scratch.path(), {8, 8}); }), "no class table"));
  ClassTable::deepglobe().write(scratch / "class_dict.csv");
  CHECK(folder(scratch.path(), {8, 8})->size() == 1);
  write_png(scratch / "b_sat.png", test::picture(8, 8));
  CHECK(contains(message_of<Error>([&] { folder(scratch.path(), {8, 8}); }), "b_sat.png"));
}

TEST_CASE("dataset: every bad file is listed at once, before anything else") {
  const ScratchFolder scratch;
  write_folder(scratch.path(), 6, 16, 16);
  CHECK(verify_error(scratch.path()).empty());

  std::filesystem::remove(scratch / "00_sat.png");
  write_jpeg(scratch / "00_sat.jpg", test::picture(16, 16), 90);
  test::truncate_file(scratch / "00_sat.jpg", 300);
  test::truncate_file(scratch / "02_mask.png", 70);
  write_png(scratch / "03_mask.png", Image(16, 15, 3));
  Image indices(16, 16, 1);
  indices.pixels[4] = 9;
  write_png(scratch / "05_mask.png", indices);

  const std::string message = verify_error(scratch.path());
  CHECK(std::count(message.begin(), message.end(), '\n') == 3);
  CHECK(contains(message, "00_sat.jpg: damaged or cut-off JPEG"));
  CHECK(contains(message, "02_mask.png: damaged or cut-off PNG"));
  CHECK(contains(message, "03_mask.png: the mask is 16x15, but its image 03_sat.png is 16x16"));
  CHECK(contains(message, "05_mask.png: the index mask (one channel) holds the value 9"));
}

TEST_CASE("dataset: verify counts unmatched colours, reports progress and sees sizes") {
  const ScratchFolder scratch;
  write_folder(scratch.path(), 3, 16, 16);
  Image mask = colors_from_labels(test::striped_labels(16, 16), ClassTable::deepglobe());
  std::fill_n(mask.row(0), 6, std::uint8_t{77});
  write_png(scratch / "01_mask.png", mask);
  SceneStore store(folder(scratch.path(), {}));
  Index calls = 0, last = 0;
  const auto summary = store.verify(all_of(store.dataset()), 2, [&](Index done) {
    ++calls;
    last = done;
  });
  CHECK(summary.unmatched_pixels == 2);
  CHECK(summary.unmatched_scenes == 1);
  CHECK(summary.problems.empty());
  CHECK(summary.sizes == Sizes{{{16, 16}, 0}});
  CHECK(calls == 3);
  CHECK(last == 3);

  test::write_scene(scratch.path(), "03", 16, 20);
  SceneStore other(folder(scratch.path(), {}));
  CHECK(other.verify(all_of(other.dataset()), 1).sizes == Sizes{{{16, 16}, 0}, {{16, 20}, 3}});
}

TEST_CASE("scene store: keeps scenes, up to its limit") {
  const ScratchFolder scratch;
  write_folder(scratch.path(), 3, 16, 16);
  constexpr std::size_t kScene = 16 * 16 * 4;
  SceneStore store(folder(scratch.path(), {16, 16}), 2 * kScene);
  for (Index i = 0; i < 3; ++i) store.get(i);
  CHECK(store.get(0) == store.get(0));
  CHECK(store.get(1) == store.get(1));
  CHECK(store.get(2) != store.get(2));
  CHECK(store.get(2)->image == test::picture(16, 16, 2));
}

TEST_CASE("open_dataset: folders and synthetic scenes") {
  const ScratchFolder scratch;
  write_folder(scratch.path(), 2, 16, 16);
  CHECK(open_dataset(scratch.path().string(), at({8, 8}), 1)->size() == 2);
  CHECK(open_dataset("synthetic", at({32, 32}), 1)->size() == 64);
  const auto synthetic = open_dataset("synthetic:12", at({32, 48}), 1);
  CHECK(synthetic->size() == 12);
  CHECK(synthetic->id(3) == "0003");
  CHECK(synthetic->load(3).image == synthesize(1, 3, {32, 48}).image);
  const auto error = [&](const char* data, const ImageSize& size) {
    return message_of<Error>([&] { open_dataset(data, at(size), 1); });
  };
  CHECK(contains(error("synthetic:0", {8, 8}), "expected synthetic:COUNT"));
  CHECK(contains(error("synthetic:1x", {8, 8}), "expected synthetic:COUNT"));
  CHECK(contains(error("synthetic:4", {}), "no native size"));
  CHECK(contains(error("synthetics", {8, 8}), "synthetics: cannot be listed"));
}

}  // namespace fpanet
