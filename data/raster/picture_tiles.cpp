#include "data/raster/picture_tiles.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace fpanet {

std::vector<PictureTile> cut_tiles(std::span<const RasterPicture> pictures, const ImageSize& size) {
  std::vector<PictureTile> tiles;
  for (std::size_t p = 0; p < pictures.size(); ++p) {
    const ImageSize all = pictures[p].size();
    for (Index top = 0; top < all.height; top += size.height) {
      for (Index left = 0; left < all.width; left += size.width) {
        PictureTile tile{.picture = static_cast<Index>(p)};
        tile.own = {top, left, std::min(size.height, all.height - top),
                    std::min(size.width, all.width - left)};
        tile.window.top = std::max<Index>(0, std::min(top, all.height - size.height));
        tile.window.left = std::max<Index>(0, std::min(left, all.width - size.width));
        tile.window.height = std::min(size.height, all.height);
        tile.window.width = std::min(size.width, all.width);
        tiles.push_back(tile);
      }
    }
  }
  return tiles;
}

TileContents contents_of(const RasterPictureReader& reader, const RasterPicture& picture,
                         const PictureTile& tile) {
  TileContents counted;
  RasterPatch mask = reader.read_mask(picture, tile.own);
  std::vector<std::uint8_t> valid(mask.valid.size(), 1);
  if (picture.info.has_gaps) valid = reader.read_valid(picture, tile.own);
  counted.pixels = std::ranges::count(valid, std::uint8_t{1});
  if (!picture.mask_has_colors) {
    std::array<Index, 256> found{};
    for (std::size_t k = 0; k < valid.size(); ++k) {
      if (valid[k] != 0) ++found[mask.pixels.pixels[k]];
    }
    for (std::size_t v = 0; v < found.size(); ++v) {
      if (found[v] > 0) counted.values[static_cast<std::uint8_t>(v)] = found[v];
    }
    return counted;
  }
  LabelMap labels = reader.labels_of(picture, std::move(mask));
  counted.class_pixels.resize(static_cast<std::size_t>(reader.classes().size()));
  labels.ignored = 0;
  for (std::size_t k = 0; k < valid.size(); ++k) {
    const std::uint8_t label = labels.labels.pixels[k];
    if (valid[k] != 0 && label != kIgnoreByte) {
      ++counted.class_pixels[label];
    } else {
      ++labels.ignored;
    }
  }
  counted.colors.add(labels);
  counted.colors.ignored_pixels = counted.colors.ignored_scenes = 0;  // colours have no 255
  return counted;
}

SceneFacts facts_of(const TileContents& contents, const RasterPicture& picture,
                    const ImageSize& size, Index classes) {
  SceneFacts facts{.size = size,
                   .type = picture.info.type,
                   .counts = contents.colors,
                   .class_pixels = contents.class_pixels};
  if (picture.mask_has_colors) return facts;
  facts.class_pixels.resize(static_cast<std::size_t>(classes));
  facts.counts.scenes = 1;
  facts.counts.pixels = contents.pixels;
  for (const auto& [value, pixels] : contents.values) {
    const std::uint8_t label = picture.labels.label_of[value];
    if (label == kIgnoreByte) {
      facts.counts.ignored_pixels += pixels;
    } else {
      facts.class_pixels[label] += pixels;
      facts.counts.labelled_pixels += pixels;
    }
  }
  facts.counts.ignored_scenes = facts.counts.ignored_pixels > 0 ? 1 : 0;
  return facts;
}

}  // namespace fpanet
