#include "data/augment.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cassert>
#include <type_traits>

#include "data/mask.hpp"
#include "engine/core/error.hpp"
#include "engine/core/rng.hpp"

namespace fpanet {

namespace {

/// Calls pixel(from, to) with pixel numbers of the source and of the flipped destination.
template <class F>
void for_each_flipped(const Image& image, const AugmentDraw& draw, F&& pixel) {
  for (Index y = 0; y < image.height; ++y) {
    const Index from_y = draw.flip_vertical ? image.height - 1 - y : y;
    for (Index x = 0; x < image.width; ++x) {
      const Index from_x = draw.flip_horizontal ? image.width - 1 - x : x;
      pixel(from_y * image.width + from_x, y * image.width + x);
    }
  }
}

/// Writes f(sample, band) of the flipped samples. `channels` is a constant where it is common.
template <class T, class F, class Channels>
void augment_samples(const Image& image, const AugmentDraw& draw, T* out, Channels channels,
                     F&& f) {
  const T* const samples = image.samples<T>().data();
  for_each_flipped(image, draw, [&](Index from, Index to) {
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

}  // namespace

Augment parse_augment(std::string_view name) {
  if (name == "none") return Augment::none;
  if (name == "notebook") return Augment::notebook;
  fail("augment '{}': expected notebook or none", name);
}

AugmentDraw draw_augment(Augment augment, std::uint64_t seed, Index epoch, Index scene) {
  constexpr double kFlipChance = 0.5, kJitterChance = 0.3, kLimit = 0.2;
  AugmentDraw draw;
  if (augment == Augment::none) return draw;
  Rng rng(seed, hash_name(fmt::format("augment/{}/{}", epoch, scene)));
  if (augment == Augment::notebook) {
    draw.flip_horizontal = rng.uniform() < kFlipChance;
    draw.flip_vertical = rng.uniform() < kFlipChance;
  }
  if (rng.uniform() < kJitterChance) {
    draw.alpha = 1.0 + rng.uniform(-kLimit, kLimit);
    draw.beta = rng.uniform(-kLimit, kLimit);
  }
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

void augment_image(const Image& image, const AugmentDraw& draw, const BandScale& scale,
                   std::span<std::byte> out) {
  assert(image.channels <= kMaxBands && out.size() == image.pixels.size());
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
  for_each_flipped(labels, draw, [&](Index from, Index to) {
    const std::uint8_t label = labels.pixels[static_cast<std::size_t>(from)];
    out[static_cast<std::size_t>(to)] = label == kIgnoreByte ? kIgnoreLabel : label;
  });
}

}  // namespace fpanet
