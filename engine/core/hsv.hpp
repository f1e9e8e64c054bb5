#pragma once
// Shifts of hue, saturation and value of RGB bytes, identical byte for byte to OpenCV's conversions
// (cv2.cvtColor) around tables, as in albumentations. The functions are constexpr, so that the loader
// on the host and the kernels on a device compute the same bytes.
//
// OpenCV's vector code is followed, built for processors with FMA (x86 since 2013): it cuts results
// off. Its scalar code, which takes over at the end of a row whose width is no multiple of 32, rounds
// them instead; here all pixels are alike.

#include <cstdint>

namespace fpanet {

struct RgbBytes {
  std::uint8_t red = 0, green = 0, blue = 0;
  bool operator==(const RgbBytes&) const = default;
};

struct HsvBytes {
  std::uint8_t hue = 0;  ///< in units of 2 degrees: 0 to 179
  std::uint8_t saturation = 0, value = 0;
  bool operator==(const HsvBytes&) const = default;
};

/// cv2.COLOR_RGB2HSV: 12-bit fixed point.
constexpr HsvBytes rgb_to_hsv(const RgbBytes& rgb) {
  constexpr int kBits = 12, kHalf = 1 << (kBits - 1), kFullTurn = 180, kFull = 255;
  // numerator / divisor to the nearest integer; 0 for divisor 0. No quotient here lies halfway.
  const auto nearest = [](int numerator, int divisor) {
    return divisor == 0 ? 0 : (2 * numerator + divisor) / (2 * divisor);
  };
  const int r = rgb.red, g = rgb.green, b = rgb.blue;
  const int upper = r > g ? r : g, lower = r < g ? r : g;
  const int value = upper > b ? upper : b, range = value - (lower < b ? lower : b);
  const int saturation = (range * nearest(kFull << kBits, value) + kHalf) >> kBits;
  const int sixths = value == r ? g - b : value == g ? b - r + 2 * range : r - g + 4 * range;
  int hue = (sixths * nearest((kFullTurn / 6) << kBits, range) + kHalf) >> kBits;
  if (hue < 0) hue += kFullTurn;
  return {static_cast<std::uint8_t>(hue), static_cast<std::uint8_t>(saturation),
          static_cast<std::uint8_t>(value)};
}

/// cv2.COLOR_HSV2RGB: float, cut off to bytes.
constexpr RgbBytes hsv_to_rgb(const HsvBytes& hsv) {
  constexpr float kFull = 255.0F, kUnit = 1.0F / kFull, kSectors = 6.0F / 180.0F;
  const float hue = static_cast<float>(hsv.hue) * kSectors;
  const int sector = static_cast<int>(hue);
  const float within = hue - static_cast<float>(sector);
  const float saturation = static_cast<float>(hsv.saturation) * kUnit;
  const float value = static_cast<float>(hsv.value) * kUnit;
  // 1 - saturation * x, rounded once, as by a fused multiply-add.
  const auto faded = [saturation](float x) {
    return static_cast<float>(1.0 - static_cast<double>(saturation) * static_cast<double>(x));
  };
  const auto byte = [](float x) {
    const int cut = static_cast<int>(x * kFull);
    return static_cast<std::uint8_t>(cut < 0 ? 0 : cut > 255 ? 255 : cut);
  };
  const std::uint8_t full = byte(value), low = byte(value * (1.0F - saturation));
  const std::uint8_t falling = byte(value * faded(within));
  const std::uint8_t rising = byte(value * faded(1.0F - within));
  switch (sector % 6) {
    case 0:
      return {full, rising, low};
    case 1:
      return {falling, full, low};
    case 2:
      return {low, full, rising};
    case 3:
      return {low, falling, full};
    case 4:
      return {rising, low, full};
    default:
      return {full, low, falling};
  }
}

/// What becomes of each hue, saturation and value.
struct HsvTables {
  std::uint8_t hue[180] = {};
  std::uint8_t saturation[256] = {};
  std::uint8_t value[256] = {};
};

constexpr RgbBytes shifted(const RgbBytes& rgb, const HsvTables& tables) {
  const HsvBytes hsv = rgb_to_hsv(rgb);
  return hsv_to_rgb(
      {tables.hue[hsv.hue], tables.saturation[hsv.saturation], tables.value[hsv.value]});
}

}  // namespace fpanet
