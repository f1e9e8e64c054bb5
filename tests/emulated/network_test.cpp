// U-Net and every variant of FPA-Net on an emulated GPU, against PyTorch, and trained from scenes in
// the device's memory.

#include <doctest/doctest.h>

#include "tests/support/network_golden.hpp"
#include "tests/support/resident_training.hpp"
#include "tests/support/tolerances.hpp"

namespace fpanet::test {
namespace {

TEST_CASE("U-Net and every variant of FPA-Net on an emulated GPU match PyTorch's float64") {
  for (const NetworkGolden& golden : network_goldens()) {
    CAPTURE(golden.name);
    const NetworkDistance far = distance(golden, Cuda{0}, DType::f32);
    CHECK(far.evaluate < kCudaModelFloat);
    CHECK(far.predict < kCudaModelFloat);
    CHECK(far.train < kCudaModelFloat);
    CHECK(far.loss < kCudaModelFloat);
  }
}

TEST_CASE("on an emulated GPU every network trains to the same bits from scenes and from batches") {
  using Options = std::map<std::string, std::string>;
  for (const NetworkConfig& told :
       {NetworkConfig{.name = "unet"}, NetworkConfig{.options = Options{{"input", "image"}}},
        NetworkConfig{.options = Options{{"input", "both"}}},
        NetworkConfig{.options = Options{{"high-pass", "3"}}},
        NetworkConfig{.options = Options{{"high-pass", "12"}}}}) {
    CAPTURE(told.name);
    for (const std::optional<DType> twin : {std::optional<DType>(), std::optional(DType::bf16)}) {
      CAPTURE(twin.has_value());
      const TrainedSteps from_scenes = train_steps(Cuda{0}, twin, true, told);
      CHECK(from_scenes.losses.size() == 2);
      CHECK(same_bits(from_scenes, train_steps(Cuda{0}, twin, false, told)));
    }
  }
}

}  // namespace
}  // namespace fpanet::test
