#pragma once
// A data set: numbered scenes (image and labels) at one size, from a folder or generated.

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "data/class_table.hpp"
#include "data/folder.hpp"
#include "data/image_cache.hpp"
#include "data/mask.hpp"

namespace fpanet {

struct Scene {
  Image image;      ///< RGB
  LabelMap labels;  ///< of the image's size
};

/// Scenes in a fixed order. All functions may be called from several threads at once.
class Dataset {
 public:
  virtual ~Dataset() = default;
  virtual Index size() const = 0;
  virtual std::string id(Index scene) const = 0;
  virtual const ClassTable& classes() const = 0;
  /// Decodes (or generates) and resizes. Throws Error naming the file and the problem.
  virtual Scene load(Index scene) const = 0;

  std::vector<std::string> ids() const;
};

struct DatasetOptions {
  ImageSize size{320, 320};
  MaskPolicy mask_policy = MaskPolicy::ignore;
  std::optional<std::filesystem::path> cache_folder;  ///< none: no on-disk cache
};

/// ID_sat.*, ID_mask.png and class_dict.csv of a folder: image resized linearly, mask by nearest
/// neighbour. Resized pictures are kept in the cache folder, so a second run decodes nothing.
class FolderDataset : public Dataset {
 public:
  /// Throws Error when the folder, its class table or its pairing is wrong. Opens no image.
  FolderDataset(const std::filesystem::path& dir, DatasetOptions options);

  Index size() const override { return static_cast<Index>(scenes_.size()); }
  std::string id(Index scene) const override { return paths(scene).id; }
  const ClassTable& classes() const override { return classes_; }
  /// Throws Error for an unreadable file, and for a mask of another size than its image.
  Scene load(Index scene) const override;
  const ScenePaths& paths(Index scene) const { return scenes_[static_cast<std::size_t>(scene)]; }

 private:
  std::vector<ScenePaths> scenes_;
  ClassTable classes_;
  DatasetOptions options_;
  std::optional<ImageCache> cache_;
};

/// Generated land cover (data/synth.hpp) under DeepGlobe's classes.
class SyntheticDataset : public Dataset {
 public:
  /// Throws Error for a native size: generated scenes need one.
  SyntheticDataset(Index count, const ImageSize& size, std::uint64_t seed);

  Index size() const override { return count_; }
  std::string id(Index scene) const override;  ///< "0000", "0001", ...
  const ClassTable& classes() const override { return classes_; }
  Scene load(Index scene) const override;

 private:
  Index count_;
  ImageSize size_;
  std::uint64_t seed_;
  ClassTable classes_ = ClassTable::deepglobe();
};

/// What --data accepts: a folder, or synthetic[:COUNT] (64 scenes unless told; `seed` is theirs).
std::unique_ptr<Dataset> open_dataset(std::string_view data, const DatasetOptions& options,
                                      std::uint64_t seed);

}  // namespace fpanet
