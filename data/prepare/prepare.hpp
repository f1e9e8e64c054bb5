#pragma once
// Public data sets in their official layouts, made ready for training.

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "data/class_table.hpp"

namespace fpanet {

struct PublicDataset {
  std::string_view name;  ///< of --dataset
  ClassTable classes;     ///< data/classes/NAME.csv
  /// Makes the folder `out`, which exists and is empty, of the unpacked archive `source`. Returns what the user
  /// should know, line by line. Throws Error for what the archive lacks.
  std::vector<std::string> (*prepare)(const std::filesystem::path& source,
                                      const std::filesystem::path& out) = nullptr;
  std::string data;  ///< what --data names then, below `out`: a list, or nothing for the folder
};

/// deepglobe, gid15 and landcover.ai.
const std::vector<PublicDataset>& public_datasets();
/// Throws Error, which lists the names, for any other.
const PublicDataset& find_public_dataset(std::string_view name);

/// What remains to be done with a prepared folder: the value of --data.
struct Prepared {
  std::vector<std::string> notes;
  std::filesystem::path data;
};
/// Creates `out` with the data set. Throws Error if `out` is not empty.
Prepared prepare_dataset(const PublicDataset& dataset, const std::filesystem::path& source,
                         const std::filesystem::path& out);

}  // namespace fpanet
