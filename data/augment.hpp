#pragma once
// The notebook's augmentations (albumentations 1.3.1), drawn from the counter-based Rng. The
// augmentation of a scene depends only on (seed, epoch, scene), so it does not change with threads,
// order or resuming.

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "data/image.hpp"
#include "engine/core/band_scale.hpp"

namespace fpanet {

enum class Augment {
  none,
  jitter,    ///< RandomBrightnessContrast(p=0.3), which the notebook uses for val and test
  notebook,  ///< HorizontalFlip(p=0.5), VerticalFlip(p=0.5), RandomBrightnessContrast(p=0.3)
};
Augment parse_augment(std::string_view name);  ///< "none" or "notebook"; throws Error otherwise

/// The random choices for one scene.
struct AugmentDraw {
  bool flip_horizontal = false;  ///< mirror columns
  bool flip_vertical = false;    ///< mirror rows
  double alpha = 1.0;            ///< contrast factor, 1 + U(-0.2, 0.2)
  double beta = 0.0;  ///< brightness offset as a fraction of the scale's range, U(-0.2, 0.2)
};
AugmentDraw draw_augment(Augment augment, std::uint64_t seed, Index epoch, Index scene);

/// The result of brightness and contrast for each uint8 value v: v * alpha + beta * 255 in float32,
/// clipped to [0, 255] and truncated to uint8.
std::array<std::uint8_t, 256> brightness_contrast_table(double alpha, double beta);

/// Writes the samples of `image` with the flips and brightness/contrast of `draw` to the bytes `out`
/// (the same layout and type). Bytes go by the table; of the other types, brightness and contrast act
/// on the distance of a sample from the band's low value, as on floats from 0 to 1 in albumentations
/// (brightened() in engine/core/band_scale.hpp).
void augment_image(const Image& image, const AugmentDraw& draw, const BandScale& scale,
                   std::span<std::byte> out);
/// Writes an 8-bit label map with the flips of `draw` to `out`; kIgnoreByte becomes kIgnoreLabel.
void augment_labels(const Image& labels, const AugmentDraw& draw, std::span<std::int32_t> out);

}  // namespace fpanet
