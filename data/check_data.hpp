#pragma once
// Checks a data folder before it is used for training.

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "data/class_table.hpp"
#include "data/folder.hpp"
#include "data/mask_counts.hpp"
#include "data/pixel_kinds.hpp"

namespace fpanet {

struct DataReport {
  struct BadFile {
    std::string file;     ///< path
    std::string problem;  ///< message, which names the file
  };
  struct StrayColor {
    Rgb color{};
    Index pixels = 0, masks = 0;
    std::vector<std::string> files;  ///< names of the first masks that hold it
  };

  MaskPolicy policy = MaskPolicy::ignore;  ///< how colours that no class has are labelled
  FolderScan scan;
  ClassTable classes;
  std::string class_table_problem;     ///< empty if the table could be read
  std::map<std::string, Index> sizes;  ///< "512x512" -> images
  PixelKinds pixels;                   ///< bands and types, range and nodata of each band
  std::vector<BadFile> bad;            ///< files that cannot be used, by scene
  std::vector<Index> class_pixels;     ///< pixels of each class in all readable masks
  MaskCounts counts;                   ///< over all readable masks
  std::vector<StrayColor> stray;       ///< colours that no class has, most frequent first
  Index index_masks = 0;               ///< masks that hold indices instead of colours
  std::string mask_note;               ///< what masks of one channel are taken for
  /// Names of images that EXIF data turns without changing their size.
  std::vector<std::string> turned;

  /// What prevents training on this folder, or makes its result meaningless: one sentence each.
  std::vector<std::string> problems() const;
  bool usable() const { return problems().empty(); }
  std::string str() const;  ///< readable text that ends with a newline
};

/// Reads every file of `dir` on `threads` threads. Throws Error only if `dir` cannot be listed, or
/// two images or two masks have the same ID.
DataReport check_data(const std::filesystem::path& dir, int threads,
                      MaskPolicy policy = MaskPolicy::ignore);

}  // namespace fpanet
