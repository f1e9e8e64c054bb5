#include "apps/common/resident_scenes.hpp"

#include <doctest/doctest.h>

#include <cstring>

#include "apps/common/batch_feed.hpp"
#include "engine/core/error.hpp"

using namespace fpanet;

namespace {

std::shared_ptr<SceneStore> scenes_of(Index count, const ImageSize& size) {
  return std::make_shared<SceneStore>(std::make_unique<SyntheticDataset>(count, size, 5));
}

bool same_bytes(const Tensor& a, const Tensor& b) {
  return a.bytes() == b.bytes() && std::memcmp(a.raw(), b.raw(), a.bytes()) == 0;
}

}  // namespace

// On the CPU: the kernel's body is what a card runs.
TEST_CASE("batches made from resident scenes are the loader's, byte for byte") {
  const Index count = 11;
  const auto store = scenes_of(count, {24, 37});
  const std::vector<Index> scenes{10, 3, 4, 0, 7, 1, 9};
  for (const Augment augment : {Augment::none, Augment::jitter, Augment::notebook}) {
    for (const bool shuffle : {false, true}) {
      Loader loader(store, scenes,
                    {.batch_size = 3, .shuffle = shuffle, .augment = augment, .seed = 9});
      ResidentScenes resident(Cpu{2}, *store, scenes);
      CHECK(resident.bytes() == scenes.size() * ResidentScenes::bytes_of(24, 37));
      for (const Index epoch : {0, 4}) {
        loader.start(epoch);
        for (Index number = 0; const auto batch = loader.next(); ++number) {
          const std::vector<Index> chosen = loader.batch_scenes(epoch, number);
          CHECK(chosen == batch->scenes);
          const Shape& s = batch->images.shape();
          const Tensor images = Tensor::zeros(s, DType::u8);
          const Tensor labels = Tensor::zeros({s[0], 1, s[2], s[3]}, DType::i32);
          resident.assemble(chosen, loader.options(), epoch, images, labels);
          CHECK(same_bytes(images, batch->images));
          CHECK(same_bytes(labels, batch->labels));
        }
      }
    }
  }
}

TEST_CASE("flips and brightness do happen, and ignored pixels are marked") {
  const auto store = scenes_of(40, {16, 16});
  bool flipped = false, brightened = false;
  for (Index scene = 0; scene < 40; ++scene) {
    const AugmentDraw draw = draw_augment(Augment::notebook, 9, 0, scene);
    flipped |= draw.flip_horizontal && !draw.flip_vertical;
    brightened |= draw.alpha != 1.0;
  }
  CHECK(flipped);
  CHECK(brightened);
  const std::array<std::uint8_t, 3> pixel{1, 2, 3};
  const std::array<std::uint8_t, 1> label{kIgnoreByte};
  const kernels::BatchItem item{.table = {9, 8, 7, 6}};
  std::array<std::uint8_t, 3> image{};
  std::int32_t out = 0;
  kernels::assemble_batch(Cpu{1}, {.scene_images = pixel.data(),
                                   .scene_labels = label.data(),
                                   .items = &item,
                                   .n = 1,
                                   .h = 1,
                                   .w = 1,
                                   .ignore_byte = kIgnoreByte,
                                   .ignore_label = kIgnoreLabel,
                                   .images = image.data(),
                                   .labels = &out});
  CHECK(image == std::array<std::uint8_t, 3>{8, 7, 6});
  CHECK(out == kIgnoreLabel);
}

TEST_CASE("resident scenes are of one size") {
  const auto store = scenes_of(2, {16, 16});
  CHECK_THROWS_WITH_AS(ResidentScenes(Cpu{1}, *store, {}), "resident scenes: there are none",
                       Error);
}
