// Casts and batch assembly: the CPU's half against the definition, the card's, over emulated thread
// blocks, against the CPU's.

#include <doctest/doctest.h>

#include <vector>

#include "engine/core/rng.hpp"
#include "kernels/assemble_batch.hpp"
#include "kernels/cast.hpp"
#include "tests/kernels/check.hpp"

namespace fpanet::kernels {
namespace {

std::vector<float> numbers(std::size_t count) {
  Rng rng(3);
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>(rng.normal());
  return values;
}

template <class Device>
void check_cast(const Device& device, std::size_t count) {
  CAPTURE(count);
  const std::vector<float> x = numbers(count);
  std::vector<bfloat16> low(count);
  cast<float, bfloat16>(device, x, low, Write::assign);
  std::vector<float> back(count);
  cast<bfloat16, float>(device, low, back, Write::assign);
  std::vector<bfloat16> sum = low;
  cast<float, bfloat16>(device, x, sum, Write::accumulate);
  for (std::size_t i = 0; i < count; ++i) {
    CHECK(low[i].bits == bfloat16(x[i]).bits);
    CHECK(back[i] == static_cast<float>(low[i]));
    CHECK(sum[i].bits == bfloat16(static_cast<float>(low[i]) + x[i]).bits);
  }
}

TEST_CASE("cast rounds once, also when it accumulates") {
  for (const std::size_t count : {1, 7, 8, 33, 5000}) {
    check_cast(Cpu{2}, count);
    check_cast(Cuda{}, count);
  }
}

TEST_CASE("a batch assembled on a card is the CPU's") {
  constexpr Index kScenes = 5, kH = 19, kW = 23, kBatch = 3;
  Rng rng(11);
  const auto bytes = [&](Index count) {
    std::vector<std::uint8_t> values(static_cast<std::size_t>(count));
    for (std::uint8_t& value : values) value = static_cast<std::uint8_t>(rng.next_u32());
    return values;
  };
  const std::vector<std::uint8_t> images = bytes(kScenes * kH * kW * 3);
  const std::vector<std::uint8_t> labels = bytes(kScenes * kH * kW);
  std::vector<BatchItem> items(kBatch);
  for (Index i = 0; i < kBatch; ++i) {
    BatchItem& item = items[static_cast<std::size_t>(i)];
    item = {.scene = static_cast<std::int32_t>(4 - i),
            .flip_horizontal = static_cast<std::uint8_t>(i & 1),
            .flip_vertical = static_cast<std::uint8_t>(i >> 1)};
    for (std::uint8_t& entry : item.table) entry = static_cast<std::uint8_t>(rng.next_u32());
  }
  struct Made {
    std::vector<std::uint8_t> images = std::vector<std::uint8_t>(kBatch * kH * kW * 3);
    std::vector<std::int32_t> labels = std::vector<std::int32_t>(kBatch * kH * kW);
  };
  const auto make = [&](const auto& device) {
    Made made;
    assemble_batch(device, {.scene_images = images.data(),
                            .scene_labels = labels.data(),
                            .items = items.data(),
                            .n = kBatch,
                            .h = kH,
                            .w = kW,
                            .images = made.images.data(),
                            .labels = made.labels.data()});
    return made;
  };
  const Made cpu = make(Cpu{2}), card = make(Cuda{});
  CHECK(cpu.images == card.images);
  CHECK(cpu.labels == card.labels);
  // The first pixel of the second image, which is flipped horizontally: the last of scene 3's row.
  const auto from = static_cast<std::size_t>(3 * kH * kW + kW - 1);
  const auto to = static_cast<std::size_t>(kH * kW);
  CHECK(cpu.images[3 * to] == items[1].table[images[3 * from]]);
  CHECK(cpu.labels[to] == (labels[from] == 255 ? -1 : labels[from]));
}

}  // namespace
}  // namespace fpanet::kernels
