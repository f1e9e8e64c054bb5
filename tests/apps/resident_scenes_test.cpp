#include "apps/training/resident_scenes.hpp"

#include <doctest/doctest.h>

#include <cstring>

#include "engine/core/error.hpp"
#include "layers/assemble_batch.hpp"
#include "layers/high_pass.hpp"
#include "layers/to_unit.hpp"

using namespace fpanet;

namespace {

std::shared_ptr<SceneStore> scenes_of(Index count, const ImageSize& size) {
  return std::make_shared<SceneStore>(std::make_unique<SyntheticDataset>(count, size, 5));
}

bool same_bytes(const Tensor& a, const Tensor& b) {
  return a.bytes() == b.bytes() && std::memcmp(a.raw(), b.raw(), a.bytes()) == 0;
}

}  // namespace

// On the CPU; tests/emulated trains with both on a GPU.
TEST_CASE("batches made from resident scenes are the loader's, byte for byte, high-passed") {
  const Index count = 11;
  ImageSize size{24, 37};
  SUBCASE("with half turns") {}
  SUBCASE("with quarter turns") {
    size = {24, 24};
  }
  const auto store = scenes_of(count, size);
  const std::vector<Index> scenes{10, 3, 4, 0, 7, 1, 9};
  for (const Augment augment :
       {Augment::none, Augment::jitter, Augment::notebook, Augment::strong}) {
    for (const bool shuffle : {false, true}) {
      Loader loader(store, scenes,
                    {.batch_size = 3, .shuffle = shuffle, .augment = augment, .seed = 9});
      ResidentScenes resident(Cpu{2}, *store, scenes, BandScale::bytes(), true);
      CHECK(resident.bytes() == scenes.size() * ResidentScenes::bytes_of(size.height, size.width));
      for (const Index epoch : {0, 4}) {
        loader.start(epoch);
        for (Index number = 0; const auto batch = loader.next(); ++number) {
          const std::vector<Index> chosen = loader.batch_scenes(epoch, number);
          CHECK(chosen == batch->scenes);
          const BatchSource source = resident.source(batch->size());
          resident.draw(chosen, loader.options(), epoch);
          Graph graph(Cpu{2}, Graph::Mode::eager);
          const AssembledBatch made = assemble_batch(graph.input("scenes", source.scenes),
                                                     graph.input("labels", source.scene_labels),
                                                     graph.input("items", source.items),
                                                     {.ignore_byte = source.ignore_byte,
                                                      .ignore_label = source.ignore_label,
                                                      .high_pass = 10,
                                                      .shift_colours = source.shift_colours});
          const Value expected =
              high_pass(to_unit(graph.input("images", batch->images), DType::f32), 10);
          CHECK(same_bytes(graph.tensor(made.images), graph.tensor(expected)));
          CHECK(same_bytes(graph.tensor(made.labels), batch->labels));
        }
      }
    }
  }
}

TEST_CASE("flips and brightness do happen") {
  bool flipped = false, brightened = false;
  for (Index scene = 0; scene < 40; ++scene) {
    const AugmentDraw draw = draw_augment(Augment::notebook, 9, 0, scene);
    flipped |= draw.flip_horizontal && !draw.flip_vertical;
    brightened |= draw.alpha != 1.0;
  }
  CHECK(flipped);
  CHECK(brightened);
}

TEST_CASE("windows of scenes and native sizes come from the host") {
  CHECK(why_not_resident({64, 64}, {}).empty());
  CHECK(why_not_resident({}, {}) == "images of native size may differ in size");
  CHECK(why_not_resident({64, 64}, {.crop_to = ImageSize{64, 64}}) ==
        "--sample crop cuts its windows there");
}

TEST_CASE("resident scenes that were not made for shifts of colours refuse them") {
  const auto store = scenes_of(2, {16, 16});
  const std::vector<Index> scenes{0, 1};
  ResidentScenes resident(Cpu{1}, *store, scenes);
  const auto draw_epochs = [&](const LoaderOptions& options) {
    for (Index epoch = 0; epoch < 20; ++epoch) resident.draw(scenes, options, epoch);
  };
  CHECK_THROWS_AS(draw_epochs({.augment = Augment::strong}), Error);
  CHECK_NOTHROW(draw_epochs({.augment = Augment::strong, .shift_colours = false}));
}

TEST_CASE("resident scenes are of one size") {
  const auto store = scenes_of(2, {16, 16});
  CHECK_THROWS_WITH_AS(ResidentScenes(Cpu{1}, *store, {}), "resident scenes: there are none",
                       Error);
}
