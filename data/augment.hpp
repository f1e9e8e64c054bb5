#pragma once
// Augmentations as albumentations 1.3.1 computes them, drawn from the counter-based Rng. The
// augmentation of a scene depends only on (seed, epoch, scene), so it does not change with threads,
// order or resuming.

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/image.hpp"
#include "engine/core/band_scale.hpp"
#include "engine/core/hsv.hpp"

namespace fpanet {

enum class Augment {
  none,
  jitter,    ///< RandomBrightnessContrast(p=0.3), which the notebook uses for val and test
  notebook,  ///< HorizontalFlip(p=0.5), VerticalFlip(p=0.5), RandomBrightnessContrast(p=0.3)
  /// HorizontalFlip(p=0.5), VerticalFlip(p=0.5), RandomRotate90(p=0.5),
  /// RandomBrightnessContrast(p=0.5), HueSaturationValue(10, 20, 10, p=0.3)
  strong,
};
std::vector<std::string> augment_names();  ///< of --augment: those that training can ask for
/// Throws Error unless `name` is one of augment_names().
Augment parse_augment(std::string_view name);

/// Added to hue (in units of 2 degrees), saturation and value of RGB bytes.
struct HsvShift {
  double hue = 0;         ///< U(-10, 10)
  double saturation = 0;  ///< U(-20, 20)
  double value = 0;       ///< U(-10, 10)
  bool operator==(const HsvShift&) const = default;
};

/// The random choices for one scene, in the order in which they act.
struct AugmentDraw {
  bool flip_horizontal = false;  ///< mirror columns
  bool flip_vertical = false;    ///< mirror rows
  int quarter_turns = 0;         ///< counterclockwise, 0 to 3
  double alpha = 1.0;            ///< contrast factor, 1 + U(-0.2, 0.2)
  double beta = 0.0;  ///< brightness offset as a fraction of the scale's range, U(-0.2, 0.2)
  std::optional<HsvShift> colours = {};
  bool operator==(const AugmentDraw&) const = default;
};

/// What limits the choices for a scene.
struct AugmentLimits {
  bool square = true;     ///< else it is turned by half turns only, which keep its size
  bool rgb_bytes = true;  ///< else it has no hue, and its colours are not shifted
};
/// The choices do not depend on the limits, except for those that these forbid.
AugmentDraw draw_augment(Augment augment, std::uint64_t seed, Index epoch, Index scene,
                         const AugmentLimits& limits = {});

/// The result of brightness and contrast for each uint8 value v: v * alpha + beta * 255 in float32,
/// clipped to [0, 255] and truncated to uint8.
std::array<std::uint8_t, 256> brightness_contrast_table(double alpha, double beta);

/// The results of a shift: hue + shift modulo 180, saturation and value + shift clipped to [0, 255],
/// each cut off to an integer.
HsvTables hsv_tables(const HsvShift& shift);

/// Writes the samples of `image` with the choices of `draw` to the bytes `out` (the same layout and
/// type). Bytes go by the table; of the other types, brightness and contrast act on the distance of a
/// sample from the band's low value, as on floats from 0 to 1 in albumentations (brightened() in
/// engine/core/band_scale.hpp). Colours are shifted of RGB bytes only (engine/core/hsv.hpp), and a
/// quarter turn takes a square image.
void augment_image(const Image& image, const AugmentDraw& draw, const BandScale& scale,
                   std::span<std::byte> out);
/// Writes an 8-bit label map with the flips and turns of `draw` to `out`; kIgnoreByte becomes
/// kIgnoreLabel.
void augment_labels(const Image& labels, const AugmentDraw& draw, std::span<std::int32_t> out);

}  // namespace fpanet
