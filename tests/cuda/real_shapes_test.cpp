// Ops at the shapes FPA-Net gives them at 320x320: the GPU against the CPU. Where the samples of
// the registry are smaller than a tile, these take the paths that training takes.

#include <doctest/doctest.h>

#include <algorithm>

#include "engine/core/rng.hpp"
#include "tests/cuda/check_parity.hpp"
#include "tests/cuda/gpu.hpp"
#include "tests/support/tolerances.hpp"

namespace fpanet::test {
namespace {

struct RealShape {
  std::string op, sample;     ///< a sample of the registry ...
  std::vector<Shape> shapes;  ///< ... with its first inputs at these shapes
};

const std::vector<RealShape>& real_shapes() {
  static const Shape c16{16}, c64{64}, c512{512};
  static const std::vector<RealShape> all = {
      {"conv2d", "7x7 stride 2", {{1, 3, 320, 320}, {64, 3, 7, 7}}},
      {"conv2d", "3x3", {{2, 64, 80, 80}, {64, 64, 3, 3}, c64}},
      {"conv2d", "3x3 stride 2", {{2, 64, 80, 80}, {128, 64, 3, 3}}},
      {"conv2d", "1x1 stride 2", {{2, 64, 80, 80}, {128, 64, 1, 1}}},
      {"conv2d", "1x1", {{2, 512, 10, 10}, {64, 512, 1, 1}, c64}},
      {"conv2d", "16 channels", {{1, 768, 20, 20}, {256, 768, 3, 3}}},
      {"conv2d", "16 channels", {{1, 16, 320, 320}, {16, 16, 3, 3}}},
      {"conv2d", "3x3", {{1, 16, 320, 320}, {7, 16, 3, 3}, {7}}},
      {"batch_norm", "train", {{4, 64, 160, 160}, c64, c64, c64, c64}},
      {"batch_norm", "train relu", {{1, 512, 10, 10}, c512, c512, c512, c512}},
      {"batch_norm",
       "train residual relu",
       {{2, 64, 40, 40}, c64, c64, c64, c64, {}, {2, 64, 40, 40}}},
      {"batch_norm", "eval", {{1, 16, 320, 320}, c16, c16, c16, c16}},
      {"bias_add", "image", {{2, 64, 80, 80}, c64}},
      {"matmul", "a b^T", {{2, 100, 64}, {2, 100, 64}}},
      {"matmul", "a b", {{2, 100, 100}, {2, 100, 512}}},
      {"softmax", "whole map", {{2, 10000}}},
      {"softmax", "channels", {{2, 7, 320, 320}}},
      {"max_pool", "3x3 stride 2", {{2, 64, 160, 160}}},
      {"upsample2x_concat", "image", {{2, 512, 10, 10}, {2, 256, 20, 20}}},
      {"upsample2x", "image", {{1, 32, 160, 160}}},
      {"dice", "probabilities", {{2, 7, 320, 320}, {2, 1, 320, 320}}},
      {"softmax_dice", "plain", {{2, 7, 320, 320}, {2, 1, 320, 320}}},
      {"confusion", "ignored", {{2, 7, 320, 320}, {2, 1, 320, 320}}},
      {"high_pass", "odd", {{2, 3, 320, 320}}},
      {"relu", "(3,7)", {{2, 64, 80, 80}}},
  };
  return all;
}

const OpRecord& record_of(const std::string& op) {
  const auto& all = op_registry();
  return *std::find_if(all.begin(), all.end(), [&](const OpRecord& r) { return r.name == op; });
}

/// Numbers in the range of the sample's own; integers (labels) are the sample's, over and over.
void resize(SampleInput& input, const Shape& shape) {
  const std::vector<double> old = input.values;
  const auto [low, high] = std::minmax_element(old.begin(), old.end());
  Rng rng(hash_name(input.name));
  input.shape = shape;
  input.values.resize(static_cast<std::size_t>(shape.numel()));
  for (std::size_t i = 0; i < input.values.size(); ++i) {
    input.values[i] = input.dtype == DType::f64 ? rng.uniform(*low, *high) : old[i % old.size()];
  }
}

OpSample sample_of(const RealShape& real) {
  const auto& samples = record_of(real.op).samples;
  const auto found = std::find_if(samples.begin(), samples.end(),
                                  [&](const OpSample& s) { return s.name == real.sample; });
  REQUIRE(found != samples.end());
  OpSample sample = *found;
  REQUIRE(real.shapes.size() <= sample.inputs.size());
  sample.name.clear();
  for (std::size_t i = 0; i < real.shapes.size(); ++i) {
    if (real.shapes[i].rank() > 0) resize(sample.inputs[i], real.shapes[i]);
    if (i < 2) sample.name += (i > 0 ? " " : "") + real.shapes[i].str();
  }
  return sample;
}

TEST_CASE("cuda real shapes: fp32 and bf16") {
  for (const RealShape& real : real_shapes()) {
    const OpRecord& record = record_of(real.op);
    const OpSample sample = sample_of(real);
    for (const DType dtype : {DType::f32, DType::bf16}) {
      if (dtype == DType::bf16 && !record.why_no_bf16.empty()) continue;
      check_parity(record, sample,
                   {.suite = "real shapes",
                    .cuda = gpu(),
                    .dtype = dtype,
                    .precision = dtype == DType::f32 ? "fp32" : "bf16",
                    .tolerance = parity_tolerance(real.op, dtype)});
    }
  }
}

TEST_CASE("cuda real shapes: products of small integers are exact in fp32") {
  for (const RealShape& real : real_shapes()) {
    if (real.op != "conv2d" && real.op != "matmul") continue;
    const OpSample sample = sample_of(real);
    const bool winograd = uses_winograd(sample, {.context = gpu()});
    check_parity(record_of(real.op), sample,
                 {.suite = "integers",
                  .cuda = gpu(),
                  .tolerance = winograd ? kParityFloatProduct : 0,
                  .integers = true});
  }
}

TEST_CASE("cuda real shapes: tf32 rounds the factors of products, fp32 does not") {
  for (const RealShape& real : real_shapes()) {
    if (real.op != "conv2d" && real.op != "matmul") continue;
    check_parity(record_of(real.op), sample_of(real),
                 {.suite = "real shapes",
                  .cuda = tf32_gpu(),
                  .precision = "tf32",
                  .tolerance = kParityTf32});
  }
  const OpSample wide = sample_of({"conv2d", "3x3", {{2, 64, 80, 80}, {64, 64, 3, 3}, {64}}});
  const auto fp32 = run_sample(wide, {.context = gpu()});
  const auto tf32 = run_sample(wide, {.context = tf32_gpu()});
  CHECK_FALSE(unequal(fp32, tf32).empty());
}

TEST_CASE("cuda real shapes: the same bits twice, eager, planned and as a replayed graph") {
  for (const RealShape& real : real_shapes()) {
    CAPTURE(real.op);
    const OpSample sample = sample_of(real);
    check_same_bits(sample, deterministic_gpu(), DType::f32);
    if (record_of(real.op).why_no_bf16.empty()) {
      check_same_bits(sample, deterministic_gpu(), DType::bf16);
    }
  }
}

}  // namespace
}  // namespace fpanet::test
