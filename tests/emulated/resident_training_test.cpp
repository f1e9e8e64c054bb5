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

}  // namespace fpanet::test
