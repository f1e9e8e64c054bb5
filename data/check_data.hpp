#pragma once
// Checks a data folder before it is used for training.

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "data/class_table.hpp"
#include "data/folder.hpp"

namespace fpanet {

struct DataReport {
  struct BadFile {
    std::string file;     ///< path
    std::string problem;  ///< message
  };
  struct StrayColor {
    Rgb color{};
    Index pixels = 0, masks = 0;
  };

  FolderScan scan;
  ClassTable classes;
  std::string class_table_problem;     ///< empty if the table could be read
  std::map<std::string, Index> sizes;  ///< "512x512" -> images
  std::vector<BadFile> bad;            ///< unreadable files and masks of the wrong size, by scene
  std::vector<Index> class_pixels;     ///< pixels of each class in all readable masks
  std::vector<StrayColor> stray;       ///< colours that no class has, most frequent first
  Index index_masks = 0;               ///< masks that hold indices instead of colours

  /// True if nothing would prevent training: class table, pairs and files are all right.
  bool usable() const;
  std::string str() const;  ///< readable text that ends with a newline
};

/// Reads every file of `dir` on `threads` threads. Throws Error only if `dir` cannot be listed or
/// two images have the same ID.
DataReport check_data(const std::filesystem::path& dir, int threads);

}  // namespace fpanet
