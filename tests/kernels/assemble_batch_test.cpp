#include "kernels/assemble_batch.hpp"

#include "kernels/cast.hpp"
#include "kernels/high_pass.hpp"
#include "kernels/to_unit.hpp"
#include "tests/kernels/check.hpp"

namespace fpanet::kernels {
namespace {

using namespace fpanet::test;

std::vector<std::uint8_t> random_bytes(std::string_view name, Index count) {
  Rng rng(hash_name(name));
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(count));
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(rng.next_u32());
  return bytes;
}

/// Four images of three scenes: every pair of flips, tables of their own. `strong`: turned and with
/// shifted colours, too.
struct Scenes {
  static constexpr Index kScenes = 3, kBatch = 4;
  Index h, w;
  std::vector<std::uint8_t> images = random_bytes("images", kScenes* h* w * 3);
  std::vector<std::uint8_t> labels = random_bytes("labels", kScenes* h* w);
  bool strong;
  std::vector<BatchItem> items = std::vector<BatchItem>(kBatch);

  Scenes(Index height, Index width, bool strong_ = false) : h(height), w(width), strong(strong_) {
    for (Index i = 0; i < kBatch; ++i) {
      BatchItem& item = items[static_cast<std::size_t>(i)];
      item = {.walk = pixel_walk(h, w, flips_columns(i), flips_rows(i), turns(i)),
              .scene = static_cast<std::int32_t>((i + 2) % kScenes),
              .shifts_colours = strong && i != 2};
      const auto table = random_bytes(fmt::format("table {}", i), 256);
      std::copy(table.begin(), table.end(), item.table);
      for (int value = 0; value < 256; ++value) {
        item.colours.saturation[value] = static_cast<std::uint8_t>(std::max(value - 11, 0));
        item.colours.value[value] = static_cast<std::uint8_t>(std::min(value + 3, 255));
      }
      for (int hue = 0; hue < 180; ++hue) {
        item.colours.hue[hue] = static_cast<std::uint8_t>((hue + 171) % 180);
      }
    }
  }

  static bool flips_columns(Index i) { return (i & 1) != 0; }
  static bool flips_rows(Index i) { return i >> 1 != 0; }
  int turns(Index i) const { return strong ? static_cast<int>((i + 1) % 4) : 0; }

  BatchAssembly batch(std::optional<Index> high_pass) const {
    return {.scene_images = images.data(),
            .scene_labels = labels.data(),
            .items = items.data(),
            .n = kBatch,
            .h = h,
            .w = w,
            .high_pass = high_pass,
            .shift_colours = strong};
  }
  ImageSize size() const { return {kBatch, 3, h, w}; }

  /// The definition: f(place in the batch, place in the scenes, item) for every pixel.
  template <class F>
  void for_each_pixel(const F& f) const {
    for (Index i = 0; i < kBatch; ++i) {
      const BatchItem& item = items[static_cast<std::size_t>(i)];
      for (Index y = 0; y < h; ++y) {
        for (Index x = 0; x < w; ++x) {
          const PixelPlace from =
              source_pixel(y, x, h, w, flips_columns(i), flips_rows(i), turns(i));
          f(static_cast<std::size_t>((i * h + y) * w + x),
            static_cast<std::size_t>((item.scene * h + from.y) * w + from.x), item);
        }
      }
    }
  }
  std::vector<std::uint8_t> augmented() const {
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(size().numel()));
    for_each_pixel([&](std::size_t to, std::size_t from, const BatchItem& item) {
      const auto bright = [&](std::size_t c) { return item.table[images[3 * from + c]]; };
      RgbBytes rgb{bright(0), bright(1), bright(2)};
      if (item.shifts_colours != 0) rgb = shifted(rgb, item.colours);
      bytes[3 * to] = rgb.red;
      bytes[3 * to + 1] = rgb.green;
      bytes[3 * to + 2] = rgb.blue;
    });
    return bytes;
  }
  std::vector<std::int32_t> batch_labels() const {
    std::vector<std::int32_t> expected(static_cast<std::size_t>(size().pixels()));
    for_each_pixel([&](std::size_t to, std::size_t from, const BatchItem&) {
      expected[to] = labels[from] == 255 ? -1 : labels[from];
    });
    return expected;
  }
};

/// Bytes to [0,1] to high-passed if asked for, in kernels of their own on the same device.
template <class T, class Device>
std::vector<T> in_steps(const Device& device, const Scenes& scenes, std::optional<Index> radius) {
  const ImageSize s = scenes.size();
  std::vector<T> images(static_cast<std::size_t>(s.numel()));
  to_unit<T>(device, scenes.augmented(), images);
  if (!radius) return images;
  auto workspace = scratch(high_pass_workspace_bytes<T>(device, s.n, s.c, s.h, s.w, *radius));
  high_pass<T>(device, s.of(images), *radius, s.over(images.data()), Write::assign, workspace);
  return images;
}

template <class T, class Device>
void check_equal(const Device& device, const Scenes& scenes, std::optional<Index> radius,
                 const std::vector<T>& expected) {
  const ImageSize s = scenes.size();
  auto images = filled<T>(s.numel(), std::numeric_limits<double>::quiet_NaN());
  auto labels = filled<std::int32_t>(s.pixels(), -7);
  auto workspace =
      scratch(assemble_batch_workspace_bytes<T>(device, s.n, s.c, s.h, s.w, radius, scenes.strong));
  assemble_batch<T>(device, scenes.batch(radius), images.data(), labels.data(), workspace);
  CHECK(same_bits(images, expected));
  CHECK(labels == scenes.batch_labels());
}

/// In float, and rounded from there to bfloat16.
template <class Device>
void check_both_precisions(const Device& device, const Scenes& scenes,
                           std::optional<Index> radius) {
  const std::vector<float> filtered = in_steps<float>(device, scenes, radius);
  check_equal(device, scenes, radius, filtered);
  std::vector<bfloat16> rounded(filtered.size());
  cast<float, bfloat16>(device, filtered, rounded, Write::assign);
  check_equal(device, scenes, radius, rounded);
}

TEST_CASE(
    "assemble_batch: the bits of augmented bytes, to_unit and high_pass, one after the other") {
  for (const std::pair<Index, Index>& size :
       {std::pair<Index, Index>{11, 11}, {19, 23}, {12, 180}, {83, 174}}) {
    const Index h = size.first, w = size.second;
    CAPTURE(h);
    CAPTURE(w);
    const Scenes scenes(h, w);
    for (const std::optional<Index> radius :
         {std::optional<Index>(10), std::optional<Index>(3), std::optional<Index>()}) {
      CAPTURE(radius.value_or(-1));
      on_cpus<float>([&](const Cpu& cpu) {
        check_both_precisions(cpu, scenes, radius);
        check_equal(cpu, scenes, radius, in_steps<double>(cpu, scenes, radius));
      });
      on_gpus<float>([&](const Cuda& cuda) { check_both_precisions(cuda, scenes, radius); });
    }
  }
}

TEST_CASE("assemble_batch: the same with quarter turns and shifted colours") {
  const Scenes scenes(83, 83, true);
  CHECK(scenes.augmented() != Scenes(83, 83).augmented());
  for (const std::optional<Index> radius : {std::optional<Index>(10), std::optional<Index>()}) {
    CAPTURE(radius.value_or(-1));
    on_cpus<float>([&](const Cpu& cpu) { check_both_precisions(cpu, scenes, radius); });
    on_gpus<float>([&](const Cuda& cuda) { check_both_precisions(cuda, scenes, radius); });
  }
}

/// Scenes of samples that are not bytes, with bands on scales of their own, assembled in steps.
template <class Sample>
void check_samples(SampleType type, Index bands, std::optional<Index> radius) {
  constexpr Index kScenes = 2, kBatch = 3, kHeight = 13, kWidth = 21;
  const ImageSize s{kBatch, bands, kHeight, kWidth};
  std::vector<Sample> scenes(static_cast<std::size_t>(kScenes * kHeight * kWidth * bands));
  for (std::size_t i = 0; i < scenes.size(); ++i) {
    scenes[i] = static_cast<Sample>((i * 7919 % 5000) - (std::is_signed_v<Sample> ? 1000 : 0));
  }
  const std::vector<std::uint8_t> labels = random_bytes("labels", kScenes * kHeight * kWidth);
  BandScale scale = BandScale::uniform(100, 3000);
  for (std::size_t b = 0; b < scale.high.size(); ++b) scale.high[b] += 100 * static_cast<float>(b);
  const auto flips_columns = [](Index i) { return i == 1; };
  const auto flips_rows = [](Index i) { return i == 0; };
  std::vector<BatchItem> items{{.scene = 1, .alpha = 1.125F, .beta = -0.0625F},
                               {.scene = 0},
                               {.scene = 1, .alpha = 0.875F, .beta = 0.125F}};
  for (Index i = 0; i < kBatch; ++i) {
    items[static_cast<std::size_t>(i)].walk =
        pixel_walk(kHeight, kWidth, flips_columns(i), flips_rows(i));
  }
  std::vector<Sample> augmented(static_cast<std::size_t>(s.numel()));
  for (Index i = 0; i < kBatch; ++i) {
    const BatchItem& item = items[static_cast<std::size_t>(i)];
    for (Index y = 0; y < kHeight; ++y) {
      for (Index x = 0; x < kWidth; ++x) {
        const Index from_y = flips_rows(i) ? kHeight - 1 - y : y;
        const Index from_x = flips_columns(i) ? kWidth - 1 - x : x;
        for (Index c = 0; c < bands; ++c) {
          const auto b = static_cast<std::size_t>(c);
          const auto from = static_cast<std::size_t>(
              ((item.scene * kHeight + from_y) * kWidth + from_x) * bands + c);
          augmented[static_cast<std::size_t>(((i * kHeight + y) * kWidth + x) * bands + c)] =
              brightened(scenes[from], item.alpha, item.beta, scale.low[b], scale.high[b]);
        }
      }
    }
  }
  const BatchAssembly batch{.scene_images = scenes.data(),
                            .scene_type = type,
                            .scene_labels = labels.data(),
                            .items = items.data(),
                            .n = kBatch,
                            .c = bands,
                            .h = kHeight,
                            .w = kWidth,
                            .scale = scale,
                            .high_pass = radius};
  const auto check = [&](const auto& device) {
    std::vector<float> expected(augmented.size());
    to_unit<float, Sample>(device, augmented, bands, scale, expected);
    if (radius) {
      auto workspace =
          scratch(high_pass_workspace_bytes<float>(device, s.n, s.c, s.h, s.w, *radius));
      high_pass<float>(device, s.of(expected), *radius, s.over(expected.data()), Write::assign,
                       workspace);
    }
    auto images = filled<float>(s.numel(), -7);
    auto made = filled<std::int32_t>(s.pixels(), -7);
    auto workspace =
        scratch(assemble_batch_workspace_bytes<float>(device, s.n, s.c, s.h, s.w, radius));
    assemble_batch<float>(device, batch, images.data(), made.data(), workspace);
    CHECK(same_bits(images, expected));
  };
  on_cpus<float>(check);
  on_gpus<float>(check);
}

TEST_CASE("assemble_batch: scenes of 16 bits and floats, of 1 to 13 bands") {
  for (const Index bands : {1, 3, 4, 13}) {
    CAPTURE(bands);
    for (const std::optional<Index> radius : {std::optional<Index>(10), std::optional<Index>()}) {
      check_samples<std::uint16_t>(SampleType::u16, bands, radius);
      check_samples<std::int16_t>(SampleType::i16, bands, radius);
      check_samples<float>(SampleType::f32, bands, radius);
    }
  }
}

}  // namespace
}  // namespace fpanet::kernels
