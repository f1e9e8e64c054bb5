#pragma once
// A folder in DeepGlobe's layout: ID_sat.jpg, ID_mask.png, class_dict.csv.

#include <filesystem>
#include <string>
#include <vector>

#include "data/image.hpp"

namespace fpanet {

struct ScenePaths {
  std::string id;
  std::filesystem::path image, mask;
};

struct FolderScan {
  std::vector<ScenePaths> scenes;  ///< sorted by image file name, in code point order
  std::vector<std::string> images_without_mask, masks_without_image;  ///< file names, sorted
};

/// Pairs ID_sat.{jpg,jpeg,png,bmp} with ID_mask.png by ID and ignores other files. Throws Error if
/// `dir` is not a folder or two images have the same ID.
FolderScan scan_folder(const std::filesystem::path& dir);

/// The scenes of scan_folder. Throws Error if there are none, or if files are unpaired; that Error
/// names every unpaired file.
std::vector<ScenePaths> paired_scenes(const std::filesystem::path& dir);

/// class_dict.csv in `dir` or in its parent folder, as in DeepGlobe's archive (class_dict.csv,
/// train/). Throws Error if there is neither.
std::filesystem::path find_class_table(const std::filesystem::path& dir);

/// Throws Error if the mask of a scene does not have the size of its image.
void require_mask_fits(const ScenePaths& scene, const ImageSize& image, const ImageSize& mask);

/// The image files to predict on, sorted: all files with an image suffix except *_mask.*. Throws
/// Error if there are none.
std::vector<std::filesystem::path> list_images(const std::filesystem::path& dir);

}  // namespace fpanet
