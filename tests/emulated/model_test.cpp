// The whole network on an emulated GPU, in f32 and in mixed precision, against PyTorch: all of what a
// GPU runs but the arithmetic of cuDNN and cuBLAS.

#include <doctest/doctest.h>

#include "tests/support/model_golden.hpp"
#include "tests/support/tolerances.hpp"

namespace fpanet::test {
namespace {

/// At the smaller of the goldens' sizes: an emulated thread takes its time.
std::optional<ModelDistance> on_an_emulated_gpu(std::optional<DType> twin) {
  const auto golden = read_model_golden("fpanet_resnet34_64x64");
  if (!golden) {
    MESSAGE("skipped: the golden is not at hand");
    return std::nullopt;
  }
  FormulaModel model(*golden, Cuda{0}, DType::f32, twin);
  return distance_from_golden(*golden, model);
}

TEST_CASE("the network on an emulated GPU: fp32") {
  const auto far = on_an_emulated_gpu(std::nullopt);
  if (!far) return;
  CHECK(far->evaluate < kCudaModelFloat);
  CHECK(far->predict < kCudaModelFloat);
  CHECK(far->train < kCudaModelFloat);
  CHECK(far->loss < kCudaModelFloat);
}

TEST_CASE("the network on an emulated GPU: mixed precision") {
  const auto far = on_an_emulated_gpu(DType::bf16);
  if (!far) return;
  CHECK(far->evaluate < kModelBf16);
  CHECK(far->predict < kModelBf16);
  CHECK(far->train_mean < kModelBf16TrainMean);
  CHECK(far->loss < kModelBf16Loss);
}

}  // namespace
}  // namespace fpanet::test
