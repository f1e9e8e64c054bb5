#pragma once
// Pictures of a raster data set, and reading windows of their images and masks.

#include <cstdint>
#include <string>
#include <vector>

#include "data/bands.hpp"
#include "data/class_table.hpp"
#include "data/dataset.hpp"
#include "data/mask.hpp"
#include "data/raster/mask_labels.hpp"
#include "data/raster/raster.hpp"
#include "data/raster/raster_pairs.hpp"
#include "data/raster/reader_pool.hpp"
#include "data/raster/scene_grid.hpp"

namespace fpanet {

/// A raster with its mask, or a window of both.
struct RasterPicture {
  RasterPair pair;
  RasterInfo info = {};  ///< of the image
  bool mask_has_colors = false;
  Window region = {};      ///< in pixels of the image
  SceneGrid grid = {};     ///< over the region
  MaskLabels labels = {};  ///< what the values of its mask mean

  ImageSize size() const { return grid.size(); }
};

/// Reads windows, which are on the grid of a picture. All functions may be called from several threads at the same
/// time, and throw an Error that names the file for values that are no class.
class RasterPictureReader {
 public:
  /// `table` names the class table in messages.
  RasterPictureReader(ClassTable classes, std::string table, Bands bands, MaskPolicy policy)
      : classes_(std::move(classes)),
        table_(std::move(table)),
        bands_(std::move(bands)),
        policy_(policy) {}

  /// The picture of a pair, on its own grid of pixels, without labels. Throws Error for a mask that is not on the
  /// pixels of its image or is neither of indices nor of colours, for a window outside of the raster, and
  /// TooFewBands.
  RasterPicture open(RasterPair pair) const;

  /// Which pixels of a window hold data, 1 or 0 for each.
  std::vector<std::uint8_t> read_valid(const RasterPicture& picture, const Window& window) const;
  /// The samples of an image.
  RasterPatch read_image(const RasterPicture& picture, const Window& window) const;
  /// The samples of a mask: colours, or values in a single band of u8 with kIgnoreByte where there is no data.
  RasterPatch read_mask(const RasterPicture& picture, const Window& window) const;
  /// The labels of a mask's samples.
  LabelMap labels_of(const RasterPicture& picture, RasterPatch mask) const;
  LabelMap read_labels(const RasterPicture& picture, const Window& window) const {
    return labels_of(picture, read_mask(picture, window));
  }
  /// A window with its labels, of the window's size. Pixels without data are filled and ignored.
  Scene read(const RasterPicture& picture, const Window& window, LabelMap labels) const;

  const ClassTable& classes() const { return classes_; }
  const std::string& table() const { return table_; }

 private:
  ReaderPool::Lease open_image(const RasterPicture& picture) const;
  ReaderPool::Lease open_mask(const RasterPicture& picture) const;

  ClassTable classes_;
  std::string table_;
  Bands bands_;
  MaskPolicy policy_;
  mutable ReaderPool images_, masks_;
};

}  // namespace fpanet
