#include "tests/support/resident_training.hpp"

#include <doctest/doctest.h>

namespace fpanet::test {

TEST_CASE("on an emulated GPU, resident scenes and the loader's batches train to the same bits") {
  for (const std::optional<DType> twin : {std::optional<DType>(), std::optional(DType::bf16)}) {
    CAPTURE(twin.has_value());
    const TrainedSteps from_scenes = train_steps(Cuda{0}, twin, true);
    CHECK(from_scenes.losses.size() == 2);
    CHECK(same_bits(from_scenes, train_steps(Cuda{0}, twin, false)));
  }
}

TEST_CASE("on an emulated GPU, so do turned scenes with shifted colours") {
  for (const char* input : {"highpass", "image", "both"}) {
    CAPTURE(input);
    const NetworkConfig told{.options = {{"input", input}}};
    const auto train = [&](bool resident, Augment augment) {
      return train_steps(Cuda{0}, std::nullopt, resident, told, {}, augment);
    };
    const TrainedSteps from_scenes = train(true, Augment::strong);
    CHECK(from_scenes.losses.size() == 2);
    CHECK(same_bits(from_scenes, train(false, Augment::strong)));
  }
}

TEST_CASE("on an emulated GPU, so do scenes of four bands and 16 bits") {
  PixelFormat pixels{.bands = Bands::first(4), .type = DType::u16};
  pixels.scale = BandScale::uniform(100, 3000);
  pixels.scale.high[3] = 4000;
  for (const char* input : {"highpass", "image", "both"}) {
    CAPTURE(input);
    const NetworkConfig told{.options = {{"input", input}}};
    for (const std::optional<DType> twin : {std::optional<DType>(), std::optional(DType::bf16)}) {
      CAPTURE(twin.has_value());
      const TrainedSteps from_scenes = train_steps(Cuda{0}, twin, true, told, pixels);
      CHECK(from_scenes.losses.size() == 2);
      CHECK(same_bits(from_scenes, train_steps(Cuda{0}, twin, false, told, pixels)));
    }
  }
}

}  // namespace fpanet::test
