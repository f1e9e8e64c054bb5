#include "apps/training/pixel_metadata.hpp"

#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "engine/core/error.hpp"

namespace fpanet {

namespace {

constexpr const char* kBands = "fpanet.bands";
constexpr const char* kSampleType = "fpanet.sample_type";
constexpr const char* kScale = "fpanet.scale";

DType parse_sample_type(const std::string& text, const std::string& source) {
  for (const DType type : {DType::u8, DType::u16, DType::i16, DType::f32}) {
    if (name_of(type) == text) return type;
  }
  fail("{}: metadata {}='{}' is not u8, u16, i16 or f32", source, kSampleType, text);
}

/// A scale for each of `bands` bands, which the rest of a BandScale repeats, so that equal scales are
/// equal and a scale that all bands share is uniform.
BandScale parse_band_scale(const std::string& text, Index bands, const std::string& source) {
  std::vector<std::array<float, 2>> rows;
  try {
    rows = nlohmann::json::parse(text).get<std::vector<std::array<float, 2>>>();
  } catch (const nlohmann::json::exception&) {
    fail("{}: metadata {} is not a list of [low,high]", source, kScale);
  }
  require(std::ssize(rows) == bands, "{}: metadata {} has {} scales, for {} bands", source, kScale,
          rows.size(), bands);
  BandScale scale = BandScale::uniform(rows.front()[0], rows.front()[1]);
  for (std::size_t b = 0; b < rows.size(); ++b) {
    const auto [low, high] = rows[b];
    require(std::isfinite(low) && std::isfinite(high) && low < high,
            "{}: metadata {}: the scale {} to {} of band {} is empty", source, kScale, low, high,
            b + 1);
    scale.low[b] = low;
    scale.high[b] = high;
  }
  return scale;
}

}  // namespace

void write_pixels(const PixelFormat& pixels, Metadata& metadata) {
  std::string rows;
  for (std::size_t b = 0; b < static_cast<std::size_t>(pixels.bands.count()); ++b) {
    rows += fmt::format("{}[{},{}]", b == 0 ? "" : ",", pixels.scale.low[b], pixels.scale.high[b]);
  }
  metadata[kBands] = pixels.bands.str();
  metadata[kSampleType] = name_of(pixels.type);
  metadata[kScale] = "[" + rows + "]";
}

std::optional<PixelFormat> read_pixels(const Metadata& metadata, const std::string& source) {
  const auto bands = metadata.find(kBands), type = metadata.find(kSampleType),
             scale = metadata.find(kScale);
  if (bands == metadata.end() || type == metadata.end() || scale == metadata.end()) {
    return std::nullopt;
  }
  PixelFormat pixels;
  try {
    pixels.bands = Bands::parse(bands->second);
  } catch (const Error& error) {
    fail("{}: metadata {}: {}", source, kBands, error.what());
  }
  pixels.type = parse_sample_type(type->second, source);
  pixels.scale = parse_band_scale(scale->second, pixels.bands.count(), source);
  return pixels;
}

}  // namespace fpanet
