#pragma once
// The windows of a fixed grid over pictures, and what their masks hold.

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "data/mask_counts.hpp"
#include "data/raster/raster_pictures.hpp"

namespace fpanet {

/// A window on the grid of a picture.
struct PictureTile {
  Index picture = 0;
  Window window = {};
  Window own = {};  ///< the part that belongs to no other tile
};

/// The tiles of all pictures, of `size` or as large as the picture, row by row. The last ones of a row or column end at
/// the edge.
std::vector<PictureTile> cut_tiles(std::span<const RasterPicture> pictures, const ImageSize& size);

/// What the mask holds in the own part of a tile, where the image has data.
struct TileContents {
  Index pixels = 0;
  std::map<std::uint8_t, Index> values = {};  ///< of a single band
  MaskCounts colors = {};
  std::vector<Index> class_pixels = {};  ///< of colours
};
/// Throws Error if the mask holds values that are no indices.
TileContents contents_of(const RasterPictureReader& reader, const RasterPicture& picture,
                         const PictureTile& tile);
/// The same once it is decided what the values of the picture's mask mean.
SceneFacts facts_of(const TileContents& contents, const RasterPicture& picture,
                    const ImageSize& size, Index classes);

}  // namespace fpanet
