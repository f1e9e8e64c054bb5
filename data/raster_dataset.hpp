#pragma once
// Rasters with masks as a data set: windows of pictures of any size, read through GDAL where they are needed.

#include <filesystem>
#include <memory>

#include "data/dataset.hpp"
#include "data/raster/ground_split.hpp"
#include "data/raster/picture_tiles.hpp"
#include "data/raster/raster_pairs.hpp"
#include "data/raster/raster_pictures.hpp"

namespace fpanet {

/// A picture is a raster with its mask, or a window of both (raster_pairs.hpp). Its scenes are the windows of a fixed
/// grid, of the training size, that hold labels. Windows at the lower and right edges end there; what a window
/// shares with its neighbour is ignored in one of them, so that metrics count every pixel once. Pictures that are
/// smaller than a window are extended by reflection, without labels. Pixels without data are ignored, too.
///
/// All windows have one pixel size: pictures whose pixels differ by more than a tenth are read resampled.
class RasterDataset : public Dataset {
 public:
  /// Opens all rasters and reads all masks, window by window. Throws one Error that lists every raster that cannot
  /// be used: a mask on other pixels than its image, values that are no class, bands that are missing
  /// (TooFewBands).
  RasterDataset(const std::filesystem::path& data, DatasetOptions options);

  Index size() const override;
  std::string id(Index scene) const override;  ///< of the picture, row and column
  const ClassTable& classes() const override { return reader_->classes(); }
  Scene load(Index scene) const override;
  Scene load_native(Index scene) const override { return load(scene); }
  std::string mask_note() const override { return mask_note_; }

  bool windowed() const override { return true; }
  Index pictures() const override;
  Index picture_of(Index scene) const override;
  std::string picture_id(Index picture) const override;
  Split usual_split() const override { return split_.usual(); }
  bool has_split() const override { return split_.has_parts(); }
  std::vector<std::string> judge_split(const Split& pictures) const override {
    return split_.judge(pictures);
  }
  const SceneFacts* facts(Index scene) const override;
  Scene load_random(Index scene, const RandomWindow& window) const override;
  Image load_samples(Index scene) const override;
  std::optional<double> pixel_size() const override { return pixel_size_; }
  std::vector<std::string> notes() const override { return notes_; }

  const RasterInfo& info(Index picture) const;  ///< of its image
  const Window& region(Index picture) const;    ///< of the image, in its pixels

 private:
  /// Decides the classes, too.
  void make_reader(const RasterPairs& found);
  void open_pictures(std::vector<RasterPair> pairs);
  void choose_pixel_size();
  std::vector<TileContents> survey(const std::vector<PictureTile>& tiles) const;
  void decide_labels(const std::vector<PictureTile>& tiles,
                     const std::vector<TileContents>& contents);
  void keep_labelled(std::vector<PictureTile> tiles, const std::vector<TileContents>& contents);
  void describe(std::size_t all_tiles);

  DatasetOptions options_;
  std::string source_;
  std::unique_ptr<const RasterPictureReader> reader_;
  std::optional<double> pixel_size_;
  std::vector<RasterPicture> pictures_;
  std::vector<PictureTile> tiles_;
  std::vector<SceneFacts> facts_;
  std::string mask_note_;
  std::vector<std::string> notes_;
  GroundSplit split_;
};

}  // namespace fpanet
