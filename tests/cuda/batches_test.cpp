// Batches that the GPU makes itself from scenes in its memory.

#include <doctest/doctest.h>

#include "tests/cuda/gpu.hpp"
#include "tests/support/resident_training.hpp"

namespace fpanet::test {

TEST_CASE("cuda batches: resident scenes and the loader's batches train to the same bits") {
  for (const std::optional<DType> twin : {std::optional<DType>(), std::optional(DType::bf16)}) {
    CAPTURE(twin.has_value());
    const TrainedSteps from_scenes = train_steps(deterministic_gpu(), twin, true);
    CHECK(from_scenes.losses.size() == 2);
    CHECK(same_bits(from_scenes, train_steps(deterministic_gpu(), twin, false)));
  }
}

TEST_CASE("cuda batches: so do turned scenes with shifted colours") {
  const auto train = [](bool resident) {
    return train_steps(deterministic_gpu(), std::nullopt, resident, {}, {}, Augment::strong);
  };
  CHECK(same_bits(train(true), train(false)));
}

}  // namespace fpanet::test
