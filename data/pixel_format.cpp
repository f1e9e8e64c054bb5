#include "data/pixel_format.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "engine/core/error.hpp"
#include "engine/core/parse_number.hpp"

namespace fpanet {

namespace {

std::optional<float> parse_float(std::string_view text) {
  const auto value = parse_number<float>(text);
  return value && std::isfinite(*value) ? value : std::nullopt;
}

/// The place of a band among those of an image.
Index place_of(Index number, const Bands& bands) {
  const auto found = std::ranges::find(bands.numbers(), number);
  require(found != bands.numbers().end(), "band {} cannot be shown: the model reads the bands {}",
          number, bands.str());
  return found - bands.numbers().begin();
}

}  // namespace

std::optional<BandScale> parse_scale(std::string_view text) {
  if (text == "auto") return std::nullopt;
  const std::size_t comma = std::min(text.find(','), text.size());
  const auto low = parse_float(text.substr(0, comma));
  const auto high = comma < text.size() ? parse_float(text.substr(comma + 1)) : std::nullopt;
  require(low && high && *low < *high,
          "scale '{}': expected auto, or LOW,HIGH with LOW below HIGH, such as 0,65535", text);
  return BandScale::uniform(*low, *high);
}

Bands preview_bands(const Bands& bands) {
  const auto& numbers = bands.numbers();
  if (numbers.size() < 3) return Bands({numbers.front()});
  return Bands({numbers.begin(), numbers.begin() + 3});
}

void check_preview(const Bands& show, const Bands& bands) {
  require(show.count() == 1 || show.count() == 3,
          "{} bands cannot be shown: give one (gray) or three (red, green, blue)", show.count());
  for (const Index number : show.numbers()) place_of(number, bands);
}

Image rgb_preview(const Image& image, const PixelFormat& format, const Bands& show) {
  require(image.channels == format.bands.count(), "preview: an image of {} bands, expected {}",
          image.channels, format.bands.count());
  check_preview(show, format.bands);
  std::array<std::size_t, 3> places{};
  for (std::size_t c = 0; c < places.size(); ++c) {
    places[c] =
        static_cast<std::size_t>(place_of(show.numbers()[show.count() == 1 ? 0 : c], format.bands));
  }
  Image preview(image.height, image.width, 3);
  const bool as_is = image.type == DType::u8 && format.scale == BandScale::bytes();
  visit_sample_type(image.type, [&]<class T>(T) {
    const auto samples = image.samples<T>();
    const auto channels = static_cast<std::size_t>(image.channels);
    for (std::size_t pixel = 0; 3 * pixel < preview.pixels.size(); ++pixel) {
      for (std::size_t c = 0; c < places.size(); ++c) {
        const T sample = samples[pixel * channels + places[c]];
        const float unit = unit_value(static_cast<float>(sample), format.scale.low[places[c]],
                                      format.scale.high[places[c]]);
        preview.pixels[3 * pixel + c] =
            static_cast<std::uint8_t>(as_is ? static_cast<float>(sample) : 255.0F * unit + 0.5F);
      }
    }
  });
  return preview;
}

}  // namespace fpanet
