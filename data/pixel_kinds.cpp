#include "data/pixel_kinds.hpp"

#include <fmt/core.h>

#include "engine/core/join.hpp"

namespace fpanet {

void PixelKinds::add(const Image& image) {
  PixelKinds one;
  one.kinds_[fmt::format("{} {} of {}", image.channels, image.channels == 1 ? "band" : "bands",
                         name_of(image.type))] = {image.type, 1, band_ranges(image)};
  add(one);
}

void PixelKinds::add(const PixelKinds& other) {
  for (const auto& [name, kind] : other.kinds_) {
    Kind& mine = kinds_[name];
    mine.type = kind.type;
    mine.images += kind.images;
    mine.bands.resize(kind.bands.size());
    for (std::size_t b = 0; b < kind.bands.size(); ++b) mine.bands[b].add(kind.bands[b]);
  }
}

std::string PixelKinds::str() const {
  std::string text;
  for (const auto& [name, kind] : kinds_) {
    text += fmt::format("pixels: {} in {} images\n", name, kind.images);
    for (std::size_t b = 0; b < kind.bands.size(); ++b) {
      const BandRange& band = kind.bands[b];
      const double share =
          100.0 * static_cast<double>(band.missing) / static_cast<double>(band.samples);
      text += band.missing == band.samples ? fmt::format("  band {}: nodata only\n", b + 1)
                                           : fmt::format("  band {}: {} to {}, {:.2f} % nodata\n",
                                                         b + 1, band.smallest, band.largest, share);
    }
  }
  return text;
}

std::string PixelKinds::problem() const {
  std::map<std::string, Index> types;
  for (const auto& [name, kind] : kinds_) types[std::string(name_of(kind.type))] += kind.images;
  if (types.size() < 2) return {};
  std::vector<std::string> shares;
  for (const auto& [type, images] : types) shares.push_back(fmt::format("{} in {}", type, images));
  return fmt::format("images differ in their sample type: {}", join(shares, ", "));
}

}  // namespace fpanet
