#include "data/bands.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <numeric>

#include "engine/core/error.hpp"
#include "engine/core/parse_number.hpp"

namespace fpanet {

namespace {

constexpr Index kLargestNumber = 65535;  // bands of a GeoTIFF

Index band_number(std::string_view text, std::string_view whole) {
  const auto value = parse_number<Index>(text);
  require(value && *value >= 1,
          "bands '{}': expected a number of bands from 1 to {}, or a list of bands such as 4,3,2",
          whole, kMaxBands);
  return *value;
}

template <class T>
void copy_bands(const Image& image, std::span<const Index> sources, Image& out) {
  const std::span<const T> from = image.samples<T>();
  const std::span<T> to = out.samples<T>();
  const auto channels = static_cast<std::size_t>(image.channels), count = sources.size();
  for (std::size_t pixel = 0; pixel * count < to.size(); ++pixel) {
    for (std::size_t b = 0; b < count; ++b) {
      to[pixel * count + b] = from[pixel * channels + static_cast<std::size_t>(sources[b])];
    }
  }
}

}  // namespace

Bands::Bands(std::vector<Index> numbers) : numbers_(std::move(numbers)) {
  require(!numbers_.empty() && std::ssize(numbers_) <= kMaxBands,
          "{} bands: expected 1 to {} of them", numbers_.size(), kMaxBands);
  for (const Index number : numbers_) {
    require(number >= 1 && number <= kLargestNumber, "band {}: bands are counted from 1 to {}",
            number, kLargestNumber);
  }
}

Bands Bands::first(Index count) {
  require(count >= 1 && count <= kMaxBands, "{} bands: expected 1 to {} of them", count, kMaxBands);
  std::vector<Index> numbers(static_cast<std::size_t>(count));
  std::iota(numbers.begin(), numbers.end(), Index{1});
  return Bands(std::move(numbers));
}

Bands Bands::parse(std::string_view text) {
  if (text.find(',') == text.npos) return first(band_number(text, text));
  std::vector<Index> numbers;
  // A list of one ends with a comma, because a number alone is a count.
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t comma = std::min(text.find(',', begin), text.size());
    numbers.push_back(band_number(text.substr(begin, comma - begin), text));
    begin = comma + 1;
  }
  return Bands(std::move(numbers));
}

std::string Bands::str() const {
  if (*this == first(count())) return std::to_string(count());
  std::string text;
  for (const Index number : numbers_) text += fmt::format("{}{}", text.empty() ? "" : ",", number);
  return count() > 1 ? text : text + ",";
}

Image select_bands(Image image, const Bands& bands, std::string_view name) {
  std::vector<Index> sources;
  for (const Index number : bands.numbers()) sources.push_back(number - 1);
  const bool gray = image.channels <= 2 && bands.is_rgb();
  if (gray) std::fill(sources.begin(), sources.end(), 0);
  const Index needed = *std::max_element(sources.begin(), sources.end()) + 1;
  if (needed > image.channels) {
    throw TooFewBands(needed == bands.count()
                          ? fmt::format("the model takes {} bands, {} has {}", bands.count(), name,
                                        image.channels)
                          : fmt::format("the model takes {} bands up to band {}, {} has {}",
                                        bands.count(), needed, name, image.channels));
  }
  if (!gray && bands == Bands::first(image.channels)) return image;
  Image out(image.height, image.width, bands.count(), image.type);
  out.nodata = image.nodata;
  out.georeference = image.georeference;
  visit_sample_type(image.type, [&]<class T>(T) { copy_bands<T>(image, sources, out); });
  return out;
}

}  // namespace fpanet
