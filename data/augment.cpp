#include "data/augment.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <type_traits>

#include "data/mask.hpp"
#include "engine/core/error.hpp"
#include "engine/core/join.hpp"
#include "engine/core/rng.hpp"
#include "engine/core/source_pixel.hpp"

namespace fpanet {

namespace {

/// Calls pixel(from, to) with pixel numbers of the source and of the flipped and turned destination.
template <class F>
void for_each_moved(const Image& image, const AugmentDraw& draw, F&& pixel) {
  const Index h = image.height, w = image.width;
  assert(draw.quarter_turns % 2 == 0 || h == w);
  const PixelWalk walk =
      pixel_walk(h, w, draw.flip_horizontal, draw.flip_vertical, draw.quarter_turns);
  for (Index y = 0; y < h; ++y) {
    for (Index x = 0; x < w; ++x) pixel(walk.at(y, x), y * w + x);
  }
}

/// Writes f(sample, band) of the moved samples. `channels` is a constant where it is common.
template <class T, class F, class Channels>
void augment_samples(const Image& image, const AugmentDraw& draw, T* out, Channels channels,
                     F&& f) {
  const T* const samples = image.samples<T>().data();
  for_each_moved(image, draw, [&](Index from, Index to) {
    for (Index c = 0; c < channels; ++c)
      out[channels * to + c] = f(samples[channels * from + c], c);
  });
}

template <class T, class F>
void augment_samples(const Image& image, const AugmentDraw& draw, std::span<std::byte> out, F&& f) {
  T* const to = reinterpret_cast<T*>(out.data());
  if (image.channels == 3) {
    augment_samples<T>(image, draw, to, std::integral_constant<Index, 3>{}, f);
  } else {
    augment_samples<T>(image, draw, to, image.channels, f);
  }
}

/// Brightness and contrast, then colours, of RGB bytes.
void augment_colours(const Image& image, const AugmentDraw& draw, std::span<std::byte> out) {
  const auto bright = brightness_contrast_table(draw.alpha, draw.beta);
  const HsvTables tables = hsv_tables(*draw.colours);
  auto* const to = reinterpret_cast<std::uint8_t*>(out.data());
  for_each_moved(image, draw, [&](Index from_pixel, Index to_pixel) {
    const std::uint8_t* const from = image.pixels.data() + 3 * from_pixel;
    const RgbBytes made = shifted({bright[from[0]], bright[from[1]], bright[from[2]]}, tables);
    to[3 * to_pixel] = made.red;
    to[3 * to_pixel + 1] = made.green;
    to[3 * to_pixel + 2] = made.blue;
  });
}

/// value mod 180 as in Python and numpy: never negative.
double modulo_hues(double value) {
  constexpr double kHues = 180;
  const double rest = std::fmod(value, kHues);
  return rest < 0 ? rest + kHues : rest;
}

}  // namespace

std::vector<std::string> augment_names() {
  return {"notebook", "none", "strong"};
}

Augment parse_augment(std::string_view name) {
  if (name == "none") return Augment::none;
  if (name == "notebook") return Augment::notebook;
  if (name == "strong") return Augment::strong;
  fail("augment '{}': expected {}", name, join(augment_names(), ", "));
}

AugmentDraw draw_augment(Augment augment, std::uint64_t seed, Index epoch, Index scene,
                         const AugmentLimits& limits) {
  constexpr double kMoveChance = 0.5, kShiftChance = 0.3, kLimit = 0.2;
  constexpr HsvShift kMost{.hue = 10, .saturation = 20, .value = 10};
  AugmentDraw draw;
  if (augment == Augment::none) return draw;
  const bool strong = augment == Augment::strong;
  Rng rng(seed, hash_name(fmt::format("augment/{}/{}", epoch, scene)));
  if (augment == Augment::notebook || strong) {
    draw.flip_horizontal = rng.uniform() < kMoveChance;
    draw.flip_vertical = rng.uniform() < kMoveChance;
  }
  if (strong && rng.uniform() < kMoveChance) draw.quarter_turns = static_cast<int>(rng.below(4));
  if (rng.uniform() < (strong ? 0.5 : 0.3)) {
    draw.alpha = 1.0 + rng.uniform(-kLimit, kLimit);
    draw.beta = rng.uniform(-kLimit, kLimit);
  }
  if (strong && rng.uniform() < kShiftChance) {
    HsvShift& shift = draw.colours.emplace();
    shift.hue = rng.uniform(-kMost.hue, kMost.hue);
    shift.saturation = rng.uniform(-kMost.saturation, kMost.saturation);
    shift.value = rng.uniform(-kMost.value, kMost.value);
  }
  if (!limits.square && draw.quarter_turns % 2 != 0) --draw.quarter_turns;
  if (!limits.rgb_bytes) draw.colours.reset();
  return draw;
}

std::array<std::uint8_t, 256> brightness_contrast_table(double alpha, double beta) {
  constexpr float kMax = 255.0f;
  std::array<std::uint8_t, 256> table{};
  for (std::size_t i = 0; i < table.size(); ++i) {
    auto value = static_cast<float>(i);
    if (alpha != 1.0) value *= static_cast<float>(alpha);
    if (beta != 0.0) value += static_cast<float>(beta * kMax);
    table[i] = static_cast<std::uint8_t>(std::clamp(value, 0.0f, kMax));
  }
  return table;
}

HsvTables hsv_tables(const HsvShift& shift) {
  HsvTables tables;
  for (int i = 0; i < 256; ++i) {
    const auto clipped = [i](double by) {
      return static_cast<std::uint8_t>(std::clamp(i + by, 0.0, 255.0));
    };
    tables.saturation[i] = clipped(shift.saturation);
    tables.value[i] = clipped(shift.value);
    if (i < 180) tables.hue[i] = static_cast<std::uint8_t>(modulo_hues(i + shift.hue));
  }
  return tables;
}

void augment_image(const Image& image, const AugmentDraw& draw, const BandScale& scale,
                   std::span<std::byte> out) {
  assert(image.channels <= kMaxBands && out.size() == image.pixels.size());
  assert(!draw.colours || (image.type == DType::u8 && image.channels == 3));
  if (draw.colours) {
    augment_colours(image, draw, out);
    return;
  }
  if (image.type == DType::u8) {
    const auto table = brightness_contrast_table(draw.alpha, draw.beta);
    augment_samples<std::uint8_t>(image, draw, out,
                                  [&](std::uint8_t value, Index) { return table[value]; });
    return;
  }
  const auto alpha = static_cast<float>(draw.alpha), beta = static_cast<float>(draw.beta);
  visit_sample_type(image.type, [&]<class T>(T) {
    augment_samples<T>(image, draw, out, [&](T value, Index band) {
      const auto b = static_cast<std::size_t>(band);
      return brightened(value, alpha, beta, scale.low[b], scale.high[b]);
    });
  });
}

void augment_labels(const Image& labels, const AugmentDraw& draw, std::span<std::int32_t> out) {
  assert(labels.channels == 1 && out.size() == labels.pixels.size());
  for_each_moved(labels, draw, [&](Index from, Index to) {
    const std::uint8_t label = labels.pixels[static_cast<std::size_t>(from)];
    out[static_cast<std::size_t>(to)] = label == kIgnoreByte ? kIgnoreLabel : label;
  });
}

}  // namespace fpanet
