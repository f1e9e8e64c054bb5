#pragma once
// A data set: numbered scenes (image and labels), read from a folder or generated.

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "data/class_table.hpp"
#include "data/folder.hpp"
#include "data/image_cache.hpp"
#include "data/mask.hpp"
#include "data/mask_coding.hpp"
#include "data/mask_counts.hpp"
#include "data/split.hpp"

namespace fpanet {

struct Scene {
  Image image;      ///< the bands that were asked for
  LabelMap labels;  ///< has the size of the image
  /// Whether EXIF data turned or mirrored the image without changing its size, so that a mask that
  /// was not turned as well fits by size only.
  bool turned = false;
};

/// Throws Error, naming both scenes, unless their images have the same sample type and bands.
void require_same_samples(const Scene& a, const std::string& a_id, const Scene& b,
                          const std::string& b_id);

/// What is known of a scene before it is loaded.
struct SceneFacts {
  ImageSize size;
  DType type = DType::u8;           ///< of the image's samples
  MaskCounts counts;                ///< of its mask
  std::vector<Index> class_pixels;  ///< for each class
};

/// A random window of this size; a function of seed, epoch and scene.
struct RandomWindow {
  ImageSize size;
  std::uint64_t seed = 0;
  Index epoch = 0;
};

/// Scenes in a fixed order. All functions may be called from several threads at the same time.
class Dataset {
 public:
  virtual ~Dataset() = default;
  virtual Index size() const = 0;
  virtual std::string id(Index scene) const = 0;
  virtual const ClassTable& classes() const = 0;
  /// Decodes (or generates) and resizes a scene. Throws an Error that names the file and the
  /// problem.
  virtual Scene load(Index scene) const = 0;
  /// The same without resizing. Throws an Error if the scenes have no native size.
  virtual Scene load_native(Index scene) const = 0;
  /// What the masks are taken for, where that had to be decided; else empty.
  virtual std::string mask_note() const { return {}; }
  /// Whether load() is known to fail for a scene because its mask disagrees with the others.
  virtual bool masks_agree() const { return true; }

  /// Whether scenes are windows of larger pictures, which are never held whole. They are read on every
  /// use, scenes of a picture have consecutive numbers, and a split is one of pictures. Otherwise each
  /// scene is a picture.
  virtual bool windowed() const { return false; }
  virtual Index pictures() const { return size(); }
  virtual Index picture_of(Index scene) const { return scene; }
  virtual std::string picture_id(Index picture) const { return id(picture); }
  /// The split of the pictures that holds where no other is given: the notebook's, unless the data
  /// bring their own. Throws Error for data that cannot be split.
  virtual Split usual_split() const { return notebook_split(pictures()); }
  /// Whether usual_split() is one that the data bring.
  virtual bool has_split() const { return false; }
  /// What opening the data found out about a scene; null if that is known only when it is loaded.
  virtual const SceneFacts* facts(Index /*scene*/) const { return nullptr; }
  /// Of windowed data: a random window, with labelled pixels, of the picture that the scene belongs to.
  virtual Scene load_random(Index scene, const RandomWindow& window) const;
  /// The image of a scene for statistics; of windowed data, a row of those pixels that hold data.
  virtual Image load_samples(Index scene) const { return load(scene).image; }
  /// Ground length in metres of a pixel of the scenes, if it is known.
  virtual std::optional<double> pixel_size() const { return std::nullopt; }
  /// What the user should know about the data, line by line.
  virtual std::vector<std::string> notes() const { return {}; }
  /// What may be wrong with a split of the pictures. Throws Error if it may not be used.
  virtual std::vector<std::string> judge_split(const Split& /*pictures*/) const { return {}; }

  std::vector<std::string> ids() const;
  std::vector<std::string> picture_ids() const;
  /// The scenes of the pictures of each part, in the order of the pictures.
  Split scenes_of(const Split& pictures) const;
};

struct DatasetOptions {
  ImageSize size{320, 320};
  Bands bands = {};
  MaskPolicy mask_policy = MaskPolicy::ignore;
  /// nullopt: no cache on disk
  std::optional<std::filesystem::path> cache_folder = std::nullopt;
  /// Of rasters, the ground length in metres of the pixels to read; nullopt: that of most of them.
  std::optional<double> pixel_size = std::nullopt;
};

/// A folder with ID_sat.*, ID_mask.png and class_dict.csv. What its masks are is decided from all of
/// them (mask_coding.hpp). Images are resized with linear
/// interpolation, masks with nearest neighbour. Resized images are stored in the cache folder, so
/// that later runs do not decode them.
class FolderDataset : public Dataset {
 public:
  /// Throws Error if there is a problem with the folder, its class table or its pairs of files.
  /// Opens all masks, but no image.
  FolderDataset(const std::filesystem::path& dir, DatasetOptions options);

  Index size() const override { return static_cast<Index>(scenes_.size()); }
  std::string id(Index scene) const override { return paths(scene).id; }
  const ClassTable& classes() const override { return classes_; }
  /// Throws Error if a file cannot be read, if the mask and the image differ in size, or if the mask
  /// is of another kind than the rest of the folder.
  Scene load(Index scene) const override;
  Scene load_native(Index scene) const override;  ///< without the cache folder
  std::string mask_note() const override { return coding_.note; }
  bool masks_agree() const override { return coding_.usable(); }
  const ScenePaths& paths(Index scene) const { return scenes_[static_cast<std::size_t>(scene)]; }

 private:
  Scene load(Index scene, const ImageSize& size, const ImageCache* cache) const;

  std::vector<ScenePaths> scenes_;
  ClassTable classes_;
  MaskCoding coding_;
  DatasetOptions options_;
  std::optional<ImageCache> cache_;
};

/// Generated land cover (data/synth.hpp) with DeepGlobe's classes.
class SyntheticDataset : public Dataset {
 public:
  /// Throws Error if `size` is native, because generated scenes have no native size, or if they lack
  /// a band.
  SyntheticDataset(Index count, const ImageSize& size, std::uint64_t seed, Bands bands = {},
                   DType type = DType::u8);

  Index size() const override { return count_; }
  std::string id(Index scene) const override;  ///< "0000", "0001", ...
  const ClassTable& classes() const override { return classes_; }
  Scene load(Index scene) const override;
  Scene load_native(Index scene) const override;

 private:
  Index count_;
  ImageSize size_;
  std::uint64_t seed_;
  Bands bands_;
  DType type_;
  ClassTable classes_ = ClassTable::deepglobe();
};

/// Opens the argument of --data: a folder of pictures or rasters, a list of rasters (FILE.csv), or
/// synthetic[:COUNT] (64 scenes by default, generated with `seed`).
std::unique_ptr<Dataset> open_dataset(std::string_view data, const DatasetOptions& options,
                                      std::uint64_t seed);

}  // namespace fpanet
