#include <cstring>

#include "kernels/assemble_batch.hpp"
#include "layers/assemble_batch.hpp"
#include "layers/dct.hpp"
#include "layers/high_pass.hpp"
#include "layers/samples.hpp"

namespace fpanet::samples {
namespace {

SampleInput bytes(const std::string& name, const Shape& shape) {
  SampleInput input{
      .name = name, .kind = SampleInput::Kind::fixed, .shape = shape, .dtype = DType::u8};
  for (Index i = 0; i < shape.numel(); ++i) {
    input.values.push_back(static_cast<double>(i * 37 % 256));
  }
  return input;
}

/// `count` images that cycle through scenes of h x w and through the four combinations of flips, each
/// darker than the one before. `moved`: each is also turned once more than the one before, and has
/// other colours.
SampleInput batch_items(Index count, Index scenes, Index h, Index w, bool moved = false) {
  constexpr Index kBytes = sizeof(kernels::BatchItem);
  SampleInput input = bytes("items", {count, kBytes});
  for (Index i = 0; i < count; ++i) {
    const int turns = moved ? static_cast<int>((i + 1) % 4) : 0;
    kernels::BatchItem item{.walk = pixel_walk(h, w, (i & 1) != 0, (i >> 1 & 1) != 0, turns),
                            .scene = static_cast<std::int32_t>(i % scenes),
                            .alpha = 1.0F - 0.125F * static_cast<float>(i),
                            .shifts_colours = moved && i != 1};
    for (Index value = 0; value < 256; ++value) {
      item.table[value] = static_cast<std::uint8_t>(value / (i + 1));
      item.colours.saturation[value] = static_cast<std::uint8_t>(std::min<Index>(255, value + 20));
      item.colours.value[value] = static_cast<std::uint8_t>(std::max<Index>(0, value - 9));
    }
    for (Index hue = 0; hue < 180; ++hue) {
      item.colours.hue[hue] = static_cast<std::uint8_t>((hue + 7) % 180);
    }
    std::uint8_t memory[kBytes];
    std::memcpy(memory, &item, kBytes);
    std::copy(memory, memory + kBytes, input.values.begin() + i * kBytes);
  }
  return input;
}

/// Scenes of 16-bit samples of five bands, each with a scale of its own.
OpSample deep_assembly(std::optional<Index> high_pass) {
  const Index scenes = 2, count = 3, h = 11, w = 12, bands = 5;
  SampleInput samples = bytes("scenes", {scenes, bands, h, w});
  samples.dtype = DType::u16;
  for (double& value : samples.values) value *= 17;
  BandScale scale = BandScale::uniform(100, 3000);
  scale.high[2] = 4000;
  return {high_pass ? "16 bits, five bands" : "16 bits, five bands, unfiltered",
          {samples, bytes("scene_labels", {scenes, 1, h, w}), batch_items(count, scenes, h, w)},
          [=](const std::vector<Value>& in) -> std::vector<Value> {
            const AssembledBatch batch =
                assemble_batch(in[0], in[1], in[2], {.scale = scale, .high_pass = high_pass});
            return {batch.images, batch.labels};
          }};
}

OpSample assembly(const std::string& name, Index scenes, Index count, Index h, Index w,
                  std::optional<Index> high_pass, bool moved = false) {
  return {name,
          {bytes("scenes", {scenes, 3, h, w}), bytes("scene_labels", {scenes, 1, h, w}),
           batch_items(count, scenes, h, w, moved)},
          [=](const std::vector<Value>& in) -> std::vector<Value> {
            const AssembledBatch batch = assemble_batch(
                in[0], in[1], in[2], {.high_pass = high_pass, .shift_colours = moved});
            return {batch.images, batch.labels};
          }};
}

OpRecord assemble_batch_record() {
  const auto refused = [](const Shape& scenes, const Shape& labels, const Shape& items,
                          Index radius = 10, bool shift_colours = false) {
    return [=](Graph& g) {
      assemble_batch(dummy(g, scenes, DType::u8), dummy(g, labels, DType::u8),
                     dummy(g, items, DType::u8),
                     {.high_pass = radius, .shift_colours = shift_colours});
    };
  };
  return {
      .name = "assemble_batch",
      .samples = {assembly("smallest", 1, 1, 11, 11, 10), assembly("every flip", 3, 4, 13, 12, 10),
                  assembly("smaller radius", 3, 4, 5, 6, 3),
                  assembly("unfiltered", 3, 4, 5, 3, std::nullopt),
                  assembly("turns and colours", 2, 4, 12, 12, 10, true),
                  assembly("turns and colours, unfiltered", 2, 4, 5, 5, std::nullopt, true),
                  deep_assembly(10), deep_assembly(std::nullopt)},
      .errors = {{refused({2, 3, 10, 64}, {2, 1, 10, 64}, {1, 992}),
                  "assemble_batch: scenes=(2,3,10,64) must be (S,C,H,W) of 1 to 16 bands and "
                  "at least 11 pixels each way"},
                 {refused({2, 3, 16, 64}, {2, 1, 16, 64}, {1, 992}, 11),
                  "assemble_batch: high-pass radius 11 is not from 0 to 10"},
                 {refused({2, 3, 16, 64}, {2, 1, 16, 32}, {1, 992}),
                  "assemble_batch: scene_labels=(2,1,16,32) must be (2,1,16,64) (one per pixel of "
                  "the scenes)"},
                 {refused({2, 4, 16, 64}, {2, 1, 16, 64}, {1, 992}, 10, true),
                  "assemble_batch: colours can be shifted of u8 scenes of 3 bands, not of u8 of 4"},
                 {refused({2, 3, 16, 64}, {2, 1, 16, 64}, {1, 8}),
                  "assemble_batch: items=(1,8) must be (N,992), a BatchItem for each image"}},
      .why_no_gradient = "bytes are data",
      .why_no_bf16 =
          "its inputs are bytes, which have no floating type; tests/kernels and tests/emulated "
          "test its bf16 result"};
}

}  // namespace

std::vector<OpRecord> frequency_records() {
  const auto build = [](Value (*op)(Value)) {
    return [op](const std::vector<Value>& in) -> std::vector<Value> { return {op(in[0])}; };
  };
  const auto filter = [](Index radius) {
    return [radius](const std::vector<Value>& in) -> std::vector<Value> {
      return {high_pass(in[0], radius)};
    };
  };
  const OpRecord high_pass_record{
      .name = "high_pass",
      .backward_ops = {"high_pass"},
      .samples = {{"smallest", {real("x", {1, 1, 11, 11})}, filter(10)},
                  {"odd", {real("x", {2, 3, 13, 12})}, filter(10)},
                  {"mean", {real("x", {2, 3, 4, 5})}, filter(0)},
                  {"smaller radius", {real("x", {2, 3, 7, 5})}, filter(3)},
                  {"larger radius", {real("x", {1, 2, 14, 13})}, filter(12)}},
      .errors =
          {{[](Graph& g) {
              high_pass(dummy(g, {1, 3, 10, 64}), 10);
            },
            "high_pass: x=(1,3,10,64) must be at least 11 pixels high and wide for radius 10"},
           {[](Graph& g) {
              high_pass(dummy(g, {1, 3, 10, 64}), -1);
            },
            "high_pass: radius -1 is negative"}},
      .why_no_bf16 = "it computes in f32, and the input of the encoder is cast after it"};
  const OpRecord dct_record{
      .name = "dct2d",
      .backward_ops = {"dct2d"},
      .samples = {{"forward", {real("x", {2, 3, 4, 5})}, build(dct2d)},
                  {"inverse", {real("x", {2, 3, 4, 5})}, build(idct2d)},
                  {"one pixel", {real("x", {1, 1, 1, 1})}, build(dct2d)}},
      .errors = {{[](Graph& g) {
                    dct2d(dummy(g, {3, 4}));
                  },
                  "dct2d: x=(3,4) is not (N,C,H,W) with sizes of at least 1"}},
      .why_no_bf16 = "it transforms images, which are f32"};
  return {high_pass_record, dct_record, assemble_batch_record()};
}

}  // namespace fpanet::samples
