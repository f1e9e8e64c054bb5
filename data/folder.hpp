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
  std::vector<ScenePaths> scenes;  ///< sorted by image file name, code point by code point
  std::vector<std::string> images_without_mask, masks_without_image;  ///< file names, sorted
};

/// Pairs ID_sat.{jpg,jpeg,png,bmp} with ID_mask.png by ID; other files are ignored. Throws
/// Error when `dir` is no folder, or when two images share an ID.
FolderScan scan_folder(const std::filesystem::path& dir);

/// The scenes of scan_folder. Throws Error when there is none, and one that names every unpaired
/// file.
std::vector<ScenePaths> paired_scenes(const std::filesystem::path& dir);

/// class_dict.csv in `dir`, or beside it as in DeepGlobe's own archive (class_dict.csv, train/).
/// Throws Error when there is neither.
std::filesystem::path find_class_table(const std::filesystem::path& dir);

/// Throws Error when a scene's mask has another size than its image.
void require_mask_fits(const ScenePaths& scene, const ImageSize& image, const ImageSize& mask);

/// Image files to predict on, sorted: those with an image suffix but no *_mask.*; Error when none.
std::vector<std::filesystem::path> list_images(const std::filesystem::path& dir);

}  // namespace fpanet
