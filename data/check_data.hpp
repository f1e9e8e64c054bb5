#pragma once
// Everything that can be said about a data folder before training on it.

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
  std::string class_table_problem;     ///< empty: it could be read
  std::map<std::string, Index> sizes;  ///< "512x512" -> images
  std::vector<BadFile> bad;            ///< unreadable files and masks of another size, by scene
  std::vector<Index> class_pixels;     ///< a number a class, over all readable masks
  std::vector<StrayColor> stray;       ///< colours that no class has, most pixels first
  Index index_masks = 0;               ///< masks that hold indices instead of colours

  /// Nothing that would stop a training: table, pairs and files are all right.
  bool usable() const;
  std::string str() const;  ///< for people, ends with a line end
};

/// Reads every file of `dir` on `threads` threads. Throws Error only when `dir` cannot be listed.
DataReport check_data(const std::filesystem::path& dir, int threads);

}  // namespace fpanet
