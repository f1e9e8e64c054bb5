#pragma once
// A folder in DeepGlobe's layout: ID_sat.jpg, ID_mask.png, class_dict.csv.

#include <filesystem>
#include <string>
#include <vector>

#include "data/image.hpp"
#include "data/mask.hpp"

namespace fpanet {

struct ScenePaths {
  std::string id;
  std::filesystem::path image, mask;

  /// Whether the mask is a JPEG file, whose compression blurs the colours of the classes.
  bool has_jpeg_mask() const;
};

struct FolderScan {
  std::vector<ScenePaths> scenes;  ///< sorted by image file name, in code point order
  std::vector<std::string> images_without_mask, masks_without_image;  ///< file names, sorted
  /// Files named like an image or a mask of a scene that has no other, in a format that is not read.
  std::vector<std::string> unread;

  std::vector<std::string> jpeg_masks() const;  ///< file names
  /// What is wrong with the folder for masks that are labelled according to `policy`: one paragraph
  /// per kind of problem, which names every file. Empty if nothing is.
  std::string problems(MaskPolicy policy) const;
};

/// Pairs ID_sat.* with ID_mask.* by ID and ignores other files. Suffixes are those of
/// image_format.hpp, in upper or lower case; beside a mask in a lossless format, a JPEG is ignored. Hidden files, whose names begin with a dot, are ignored.
/// Throws Error if `dir` is not a folder, two images or two masks have the same ID, or the name of
/// an image or mask is not UTF-8.
FolderScan scan_folder(const std::filesystem::path& dir);

/// The scenes of scan_folder. Throws an Error with its problems if there are any, or no scenes.
std::vector<ScenePaths> paired_scenes(const std::filesystem::path& dir,
                                      MaskPolicy policy = MaskPolicy::ignore);

std::vector<std::filesystem::path> masks_of(const std::vector<ScenePaths>& scenes);

/// class_dict.csv in `dir` or in its parent folder, as in DeepGlobe's archive (class_dict.csv,
/// train/). Throws Error if there is neither.
std::filesystem::path find_class_table(const std::filesystem::path& dir);

/// Throws Error if the mask of a scene does not have the size of its image. Says so if the image
/// has another size because EXIF data turns it.
void require_mask_fits(const ScenePaths& scene, const ImageSize& image, const ImageSize& mask);

/// The image files to predict on, sorted: all files with an image suffix except *_mask.* and hidden
/// files. Throws Error if there are none.
std::vector<std::filesystem::path> list_images(const std::filesystem::path& dir);

/// Whether list_images finds any.
bool has_images(const std::filesystem::path& dir);

/// The files of `dir`, sorted, that hold pictures in a format that is not read, such as TIFF.
std::vector<std::filesystem::path> list_unread_images(const std::filesystem::path& dir);

}  // namespace fpanet
