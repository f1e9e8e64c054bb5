#pragma once
// The three official layouts, and what they share.

#include <filesystem>
#include <string>
#include <vector>

#include "data/class_table.hpp"

namespace fpanet::prepare {

namespace fs = std::filesystem;

ClassTable gid15_classes();
ClassTable landcover_ai_classes();

/// metadata.csv, train/, valid/, test/, as in DeepGlobe's archive: pairs ID_sat.jpg and ID_mask.png, and
/// split.csv if masks of several parts are there.
std::vector<std::string> deepglobe(const fs::path& source, const fs::path& out);
/// Scenes NAME.tif and masks NAME_15label.tif in any folders: pairs NAME_sat.tif and NAME_mask.tif (class indices), and
/// list.csv.
std::vector<std::string> gid15(const fs::path& source, const fs::path& out);
/// images/, masks/ and the lists of train, val and test: the same images and masks, and list.csv with the tiles of the
/// three lists as windows.
std::vector<std::string> landcover_ai(const fs::path& source, const fs::path& out);

/// Makes `file` appear as `link`: as a hard link, which takes no space, or else as a copy. Throws Error.
void place(const fs::path& file, const fs::path& link);
void write_lines(const fs::path& file, const std::vector<std::vector<std::string>>& rows);

}  // namespace fpanet::prepare
