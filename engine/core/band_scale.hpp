#pragma once
// The scale of the samples of an image: for each band, the values that become 0 and 1. The functions
// are constexpr, so that the loader on the host and the kernels on a device compute the same bits.

#include <array>
#include <cstddef>
#include <string>

namespace fpanet {

struct BandScale {
  static constexpr std::size_t kMostBands = 16;

  std::array<float, kMostBands> low{}, high{};

  static constexpr BandScale uniform(float low, float high) {
    BandScale scale;
    for (std::size_t b = 0; b < kMostBands; ++b) {
      scale.low[b] = low;
      scale.high[b] = high;
    }
    return scale;
  }
  static constexpr BandScale bytes() { return uniform(0.0F, 255.0F); }

  /// Whether all bands have the same scale.
  constexpr bool is_uniform() const {
    for (std::size_t b = 1; b < kMostBands; ++b) {
      if (low[b] != low[0] || high[b] != high[0]) return false;
    }
    return true;
  }
  /// "0..255", or the ranges of all bands one after the other.
  std::string str() const;
  bool operator==(const BandScale&) const = default;
};

/// (value - low) / (high - low) in float, clipped to [0,1]; 0 for NaN.
constexpr float unit_value(float value, float low, float high) {
  const float unit = (value - low) / (high - low);
  return unit > 0.0F ? (unit < 1.0F ? unit : 1.0F) : 0.0F;
}

/// Brightness and contrast: the distance from `low` times `alpha`, plus `beta` times the range,
/// clipped to the range; an integer T is cut off. alpha 1 with beta 0 changes nothing.
template <class T>
constexpr T brightened(T sample, float alpha, float beta, float low, float high) {
  if (alpha == 1.0F && beta == 0.0F) return sample;
  const float value = low + ((static_cast<float>(sample) - low) * alpha + beta * (high - low));
  if (value != value) return sample;  // NaN
  return static_cast<T>(value < low ? low : value > high ? high : value);
}

}  // namespace fpanet
