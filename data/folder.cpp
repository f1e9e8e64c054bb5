#include "data/folder.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <string_view>

#include "data/image_format.hpp"
#include "engine/core/error.hpp"
#include "engine/core/join.hpp"

namespace fpanet {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kClassTable = "class_dict.csv";

bool has_image_suffix(const fs::path& path) {
  const ImageFormat* const format = find_format(path);
  return format != nullptr && format->picture;
}

/// The part of a file's stem before `ending`; empty if the stem does not end with it.
std::string id_before(const fs::path& path, std::string_view ending) {
  const std::string stem = path.stem().string();
  if (!stem.ends_with(ending)) return {};
  return stem.substr(0, stem.size() - ending.size());
}

/// The files of the folder, sorted by the bytes of their names. In UTF-8 that is code point order.
std::vector<fs::path> sorted_files(const fs::path& dir) {
  std::error_code error;
  std::vector<fs::path> files;
  for (fs::directory_iterator it(dir, error), end; !error && it != end; it.increment(error)) {
    if (!it->is_directory()) files.push_back(it->path());
  }
  require(!error, "{}: cannot be listed: {}", dir.string(), error.message());
  std::sort(files.begin(), files.end(), [](const fs::path& a, const fs::path& b) {
    return a.filename().native() < b.filename().native();
  });
  return files;
}

std::string joined(const std::vector<std::string>& names) {
  return join(names, ", ");
}

}  // namespace

FolderScan scan_folder(const fs::path& dir) {
  std::vector<ScenePaths> images;
  std::map<std::string, fs::path> masks, image_of;
  for (const fs::path& file : sorted_files(dir)) {
    if (const std::string id = id_before(file, "_mask"); !id.empty()) {
      if (file.extension() == ".png") masks[id] = file;
    } else if (const std::string image_id = id_before(file, "_sat");
               !image_id.empty() && has_image_suffix(file)) {
      const auto [entry, inserted] = image_of.emplace(image_id, file);
      require(inserted, "{}: the id '{}' has two images: {} and {}", dir.string(), image_id,
              entry->second.filename().string(), file.filename().string());
      images.push_back({image_id, file, {}});
    }
  }

  FolderScan scan;
  for (ScenePaths& scene : images) {
    const auto mask = masks.extract(scene.id);
    if (mask.empty()) {
      scan.images_without_mask.push_back(scene.image.filename().string());
    } else {
      scene.mask = mask.mapped();
      scan.scenes.push_back(std::move(scene));
    }
  }
  for (const auto& [id, file] : masks) {
    scan.masks_without_image.push_back(file.filename().string());
  }
  return scan;
}

std::vector<ScenePaths> paired_scenes(const fs::path& dir) {
  FolderScan scan = scan_folder(dir);
  std::string problem;
  if (!scan.images_without_mask.empty()) {
    problem += fmt::format("\n  {} without a mask (ID_mask.png): {}",
                           scan.images_without_mask.size(), joined(scan.images_without_mask));
  }
  if (!scan.masks_without_image.empty()) {
    problem += fmt::format("\n  {} without an image (ID_sat.jpg): {}",
                           scan.masks_without_image.size(), joined(scan.masks_without_image));
  }
  require(problem.empty(), "{}: files without a partner:{}", dir.string(), problem);
  require(!scan.scenes.empty(), "{}: holds no scene: expected pairs ID_sat.jpg and ID_mask.png",
          dir.string());
  return std::move(scan.scenes);
}

fs::path find_class_table(const fs::path& dir) {
  fs::path inside = dir / kClassTable;
  if (fs::exists(inside)) return inside;
  fs::path beside = (fs::absolute(dir) / ".." / kClassTable).lexically_normal();
  require(fs::exists(beside),
          "{}: no class table: expected {} with columns name,r,g,b there or in the folder above",
          dir.string(), kClassTable);
  return beside;
}

void require_mask_fits(const ScenePaths& scene, const ImageSize& image, const ImageSize& mask) {
  require(image == mask, "{}: the mask is {}, but its image {} is {}", scene.mask.string(),
          mask.str(), scene.image.filename().string(), image.str());
}

std::vector<fs::path> list_images(const fs::path& dir) {
  std::vector<fs::path> files = sorted_files(dir);
  std::erase_if(files, [](const fs::path& file) {
    return !has_image_suffix(file) || !id_before(file, "_mask").empty();
  });
  require(!files.empty(), "{}: holds no image ({})", dir.string(), format_suffixes());
  return files;
}

}  // namespace fpanet
