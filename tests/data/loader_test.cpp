#include "data/loader.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <numeric>
#include <utility>

#include "data/resize.hpp"
#include "data/sample_window.hpp"
#include "engine/core/error.hpp"
#include "tests/data/scene_files.hpp"

namespace fpanet {

using test::contains;
using test::message_of;

namespace {

/// Scenes whose bytes tell their number; `odd_one` has another size, `bad_one` cannot be loaded.
class CountingDataset : public Dataset {
 public:
  explicit CountingDataset(Index count) : count_(count) {}

  Index size() const override { return count_; }
  std::string id(Index scene) const override { return fmt::format("s{}", scene); }
  const ClassTable& classes() const override { return classes_; }
  /// Of other sizes, all above 8x6.
  Scene load_native(Index scene) const override {
    ++native_loads;
    Scene made{test::picture(20 + scene, 31 - scene, scene), {}};
    made.labels.labels = test::striped_labels(20 + scene, 31 - scene, scene);
    return made;
  }
  Scene load(Index scene) const override {
    ++loads;
    require(scene != bad_one, "s{}: is bad", scene);
    Scene made{test::picture(scene == odd_one ? 9 : 8, 6, scene), {}};
    made.labels.labels = test::striped_labels(made.image.height, 6, scene);
    return made;
  }

  mutable std::atomic<Index> loads{0}, native_loads{0};
  Index odd_one = -1, bad_one = -1;

 private:
  Index count_;
  ClassTable classes_ = ClassTable::deepglobe();
};

std::vector<Index> first(Index count) {
  std::vector<Index> scenes(static_cast<std::size_t>(count));
  std::iota(scenes.begin(), scenes.end(), Index{0});
  return scenes;
}

std::vector<Batch> all_batches(Loader& loader, Index epoch, Index from = 0) {
  std::vector<Batch> batches;
  loader.start(epoch, from);
  while (auto batch = loader.next()) batches.push_back(std::move(*batch));
  return batches;
}

bool equal(const Batch& a, const Batch& b) {
  return a.ids == b.ids && a.scenes == b.scenes &&
         std::ranges::equal(a.images.span<std::uint8_t>(), b.images.span<std::uint8_t>()) &&
         std::ranges::equal(a.labels.span<std::int32_t>(), b.labels.span<std::int32_t>());
}

LoaderOptions training(int threads) {
  LoaderOptions options;
  options.batch_size = 4;
  options.shuffle = true;
  options.augment = Augment::notebook;
  options.threads = threads;
  return options;
}

}  // namespace

TEST_CASE("loader: batches in order, the last one smaller, bytes as they are") {
  const auto dataset = std::make_shared<CountingDataset>(10);
  LoaderOptions options;
  options.batch_size = 4;
  Loader loader(std::make_shared<SceneStore>(dataset), {5, 0, 1, 2, 9, 3}, options);
  CHECK(loader.batches() == 2);
  const auto batches = all_batches(loader, 0);
  REQUIRE(batches.size() == 2);
  CHECK(batches[0].ids == std::vector<std::string>{"s5", "s0", "s1", "s2"});
  CHECK(batches[1].scenes == std::vector<Index>{9, 3});
  CHECK(batches[0].images.shape() == Shape{4, 3, 8, 6});
  CHECK(batches[1].labels.shape() == Shape{2, 8, 6});
  CHECK(batches[1].size() == 2);

  const Image image = test::picture(8, 6, 3), labels = test::striped_labels(8, 6, 3);
  const auto pixels = batches[1].images.span<std::uint8_t>().last(image.pixels.size());
  CHECK(std::ranges::equal(pixels, image.pixels));
  const auto values = batches[1].labels.span<std::int32_t>().last(labels.pixels.size());
  CHECK(std::ranges::equal(values, labels.pixels));

  options.drop_last = true;
  Loader dropping(std::make_shared<SceneStore>(dataset), first(6), options);
  CHECK(all_batches(dropping, 0).size() == 1);
}

TEST_CASE("loader: each scene is loaded once, whatever the epochs") {
  const auto dataset = std::make_shared<CountingDataset>(13);
  Loader loader(std::make_shared<SceneStore>(dataset), first(13), training(3));
  for (Index epoch = 0; epoch < 3; ++epoch) CHECK(all_batches(loader, epoch).size() == 4);
  CHECK(dataset->loads == 13);
}

TEST_CASE("loader: an epoch does not depend on threads, prefetch or earlier epochs") {
  const auto store = std::make_shared<SceneStore>(std::make_shared<CountingDataset>(23));
  Loader one(store, first(23), training(1));
  const auto expected = all_batches(one, 2);
  for (const int threads : {1, 2, 4, 8}) {
    LoaderOptions options = training(threads);
    options.prefetch = threads;
    Loader many(store, first(23), options);
    all_batches(many, 1);
    const auto batches = all_batches(many, 2);
    REQUIRE(batches.size() == expected.size());
    for (std::size_t i = 0; i < batches.size(); ++i) CHECK(equal(batches[i], expected[i]));
  }
}

TEST_CASE("loader: resuming inside an epoch gives the rest of it") {
  const auto store = std::make_shared<SceneStore>(std::make_shared<CountingDataset>(23));
  Loader loader(store, first(23), training(2));
  const auto whole = all_batches(loader, 5);
  const auto rest = all_batches(loader, 5, 4);
  REQUIRE(rest.size() == whole.size() - 4);
  for (std::size_t i = 0; i < rest.size(); ++i) CHECK(equal(rest[i], whole[i + 4]));
  CHECK(all_batches(loader, 5, loader.batches()).empty());
}

TEST_CASE(
    "loader: windows of native scenes, resized, whatever the threads and the place in an epoch") {
  const auto dataset = std::make_shared<CountingDataset>(9);
  const auto store = std::make_shared<SceneStore>(dataset);
  store->load_native(first(9));
  LoaderOptions options = training(1);
  options.crop_to = ImageSize{8, 6};
  options.augment = Augment::strong;
  Loader loader(store, first(9), options);
  const auto batches = all_batches(loader, 3);
  REQUIRE(batches.size() == 3);
  CHECK(dataset->loads == 0);
  CHECK(dataset->native_loads == 9);
  const Batch& batch = batches[1];
  CHECK(batch.images.shape() == Shape{4, 3, 8, 6});
  for (Index i = 0; i < 4; ++i) {
    const Index scene = batch.scenes[static_cast<std::size_t>(i)];
    const Scene native = dataset->load_native(scene);
    const Window window =
        draw_window({native.image.height, native.image.width}, {8, 6}, options.seed, 3, scene);
    const AugmentDraw draw = draw_augment(options, 3, scene, {8, 6});
    std::vector<std::uint8_t> pixels(8 * 6 * 3);
    augment_image(resize(crop(native.image, window), {8, 6}, Interpolation::linear), draw,
                  BandScale::bytes(), std::as_writable_bytes(std::span(pixels)));
    CHECK(std::ranges::equal(batch.images.slice(i, 1).span<std::uint8_t>(), pixels));
    std::vector<std::int32_t> labels(8 * 6);
    augment_labels(resize(crop(native.labels.labels, window), {8, 6}, Interpolation::nearest), draw,
                   labels);
    CHECK(std::ranges::equal(batch.labels.slice(i, 1).span<std::int32_t>(), labels));
  }

  options.threads = 3;
  Loader many(store, first(9), options);
  const auto rest = all_batches(many, 3, 1);
  REQUIRE(rest.size() == 2);
  CHECK(equal(rest[0], batches[1]));
  CHECK(equal(rest[1], batches[2]));
  CHECK_FALSE(equal(all_batches(many, 4)[0], batches[0]));
}

TEST_CASE("scene store: native scenes beside resized ones, none of them checked for their size") {
  const auto dataset = std::make_shared<CountingDataset>(4);
  SceneStore store(dataset);
  store.load_native(std::vector<Index>{1, 3});
  CHECK(store.get(1)->image.height == 21);
  CHECK(store.get(2)->image.height == 8);
  const auto summary = store.verify(first(4), 1);
  CHECK(summary.sizes == std::vector<std::pair<ImageSize, Index>>{{ImageSize{8, 6}, 0}});
}

TEST_CASE("loader: the order is a shuffle that changes with epoch and seed") {
  const auto store = std::make_shared<SceneStore>(std::make_shared<CountingDataset>(50));
  LoaderOptions options = training(1);
  const Loader loader(store, first(50), options);
  std::vector<Index> order = loader.order(0);
  CHECK(order != first(50));
  CHECK(order == loader.order(0));
  CHECK(order != loader.order(1));
  options.seed = 7;
  CHECK(order != Loader(store, first(50), options).order(0));
  std::sort(order.begin(), order.end());
  CHECK(order == first(50));
  options.shuffle = false;
  CHECK(Loader(store, first(50), options).order(3) == first(50));
}

TEST_CASE("loader: augmentation changes images from epoch to epoch, labels with the flips") {
  const auto store = std::make_shared<SceneStore>(std::make_shared<CountingDataset>(8));
  LoaderOptions options = training(1);
  options.shuffle = false;
  Loader loader(store, first(8), options);
  const auto a = all_batches(loader, 0), b = all_batches(loader, 1);
  CHECK(a[0].ids == b[0].ids);
  CHECK_FALSE(equal(a[0], b[0]));
}

TEST_CASE("loader: a worker's error reaches the consumer in its batch") {
  const auto dataset = std::make_shared<CountingDataset>(12);
  dataset->bad_one = 9;
  LoaderOptions options;
  options.batch_size = 4;
  options.threads = 3;
  Loader loader(std::make_shared<SceneStore>(dataset), first(12), options);
  loader.start(0);
  CHECK(loader.next());
  CHECK(loader.next());
  CHECK(message_of<Error>([&] { loader.next(); }) == "s9: is bad");
  CHECK_FALSE(loader.next());
}

TEST_CASE("loader: images of one batch must share a size") {
  const auto dataset = std::make_shared<CountingDataset>(4);
  dataset->odd_one = 2;
  LoaderOptions options;
  options.batch_size = 4;
  Loader loader(std::make_shared<SceneStore>(dataset), first(4), options);
  loader.start(0);
  CHECK(contains(message_of<Error>([&] { loader.next(); }),
                 "'s0' is 8x6 and 's2' is 9x6: use --image-size HxW or --batch-size 1"));
  options.batch_size = 1;
  Loader single(std::make_shared<SceneStore>(dataset), first(4), options);
  CHECK(all_batches(single, 0).size() == 4);
}

TEST_CASE("loader: may be dropped or restarted at any time") {
  const auto store = std::make_shared<SceneStore>(std::make_shared<CountingDataset>(40));
  for (int i = 0; i < 20; ++i) {
    Loader loader(store, first(40), training(4));
    CHECK_FALSE(loader.next());
    loader.start(i);
    for (int batch = 0; batch < i % 5; ++batch) CHECK(loader.next());
    if (i % 2 == 0) loader.start(i + 1);
  }
}

TEST_CASE("loader: nothing to load and batches of nothing are refused") {
  const auto store = std::make_shared<SceneStore>(std::make_shared<CountingDataset>(3));
  LoaderOptions options;
  CHECK(contains(message_of<Error>([&] { Loader(store, {}, options); }), "no scenes"));
  options.batch_size = 0;
  CHECK(contains(message_of<Error>([&] { Loader(store, first(3), options); }), "batch size 0"));
  options.batch_size = 4;
  options.drop_last = true;
  CHECK(contains(message_of<Error>([&] { Loader(store, first(3), options); }), "fill no batch"));
}

}  // namespace fpanet
