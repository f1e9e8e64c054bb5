#include "data/folder.hpp"
#include "data/file_name.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <utility>

#include "data/image_format.hpp"
#include "data/image_orientation.hpp"
#include "engine/core/error.hpp"
#include "engine/core/join.hpp"
#include "engine/weights/printable.hpp"

namespace fpanet {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kClassTable = "class_dict.csv";

/// Suffixes of formats in which people keep satellite images, whether they are read or not.
constexpr std::array<std::string_view, 9> kOtherSuffixes{".tif",  ".tiff", ".jp2", ".j2k", ".img",
                                                         ".webp", ".gif",  ".ppm", ".pgm"};

bool is_picture(const fs::path& path) {
  const ImageFormat* const format = find_format(path);
  return format != nullptr && format->picture;
}

bool is_mask(const fs::path& path) {
  const ImageFormat* const format = find_format(path);
  return format != nullptr && format->mask;
}

/// Whether the suffix is that of a format that is not read.
bool is_unread(const fs::path& path) {
  const std::string suffix = lower_suffix(path);
  const bool known =
      std::find(kOtherSuffixes.begin(), kOtherSuffixes.end(), suffix) != kOtherSuffixes.end();
  return known && find_format(path) == nullptr;
}

/// The part of a file's stem before `ending`; empty if the stem does not end with it.
std::string id_before(const fs::path& path, std::string_view ending) {
  const std::string stem = path.stem().string();
  if (!stem.ends_with(ending)) return {};
  return stem.substr(0, stem.size() - ending.size());
}

/// The files of the folder, sorted by the bytes of their names. In UTF-8 that is code point order.
/// Hidden files are left out; macOS puts a hidden ._NAME beside NAME on disks of other systems.
std::vector<fs::path> sorted_files(const fs::path& dir) {
  std::error_code error;
  std::vector<fs::path> files;
  for (fs::directory_iterator it(dir, error), end; !error && it != end; it.increment(error)) {
    const bool hidden = it->path().filename().string().starts_with('.');
    if (!hidden && !it->is_directory()) files.push_back(it->path());
  }
  require(!error, "{}: cannot be listed: {}", dir.string(), error.message());
  std::sort(files.begin(), files.end(), [](const fs::path& a, const fs::path& b) {
    return a.filename().native() < b.filename().native();
  });
  return files;
}

/// Files by the ID in their names.
using FileOfId = std::map<std::string, fs::path>;

/// Adds a file, or throws Error if the ID has one already.
void add_file(FileOfId& files, const std::string& id, const fs::path& file, std::string_view what) {
  const auto [entry, inserted] = files.emplace(id, file);
  require(inserted, "{}: the id '{}' has two {}: {} and {}", file.parent_path().string(), id, what,
          entry->second.filename().string(), file.filename().string());
}

/// The files of a folder that are named like parts of scenes.
struct Candidates {
  FileOfId images, masks, jpeg_masks;
  std::vector<std::pair<std::string, fs::path>> unread_images, unread_masks;
};

Candidates find_candidates(const fs::path& dir) {
  Candidates found;
  for (const fs::path& file : sorted_files(dir)) {
    const std::string mask_id = id_before(file, "_mask"), image_id = id_before(file, "_sat");
    const std::string& id = mask_id.empty() ? image_id : mask_id;
    if (id.empty() || !(is_picture(file) || is_mask(file) || is_unread(file))) continue;
    require(is_utf8(id), "{}: the file name '{}' is not UTF-8 text; rename the file", dir.string(),
            printable(file.filename().string()));
    if (!mask_id.empty()) {
      if (is_mask(file)) {
        add_file(found.masks, id, file, "masks");
      } else if (is_picture(file)) {
        add_file(found.jpeg_masks, id, file, "masks");
      } else {
        found.unread_masks.emplace_back(id, file);
      }
    } else if (is_picture(file)) {
      add_file(found.images, id, file, "images");
    } else {
      found.unread_images.emplace_back(id, file);
    }
  }
  // A JPEG beside a PNG mask is a preview of it.
  for (auto& [id, file] : found.jpeg_masks) found.masks.emplace(id, std::move(file));
  return found;
}

/// "\n  2 without a mask: a, b"; nothing if there are no files.
std::string paragraph(const std::vector<std::string>& files, std::string_view problem) {
  if (files.empty()) return {};
  std::vector<std::string> names;
  for (const std::string& file : files) names.push_back(printable(file).str());
  return fmt::format("\n  {} {}: {}", files.size(), problem, join(names, ", "));
}

/// The image files of `dir` but *_mask.*, sorted.
std::vector<fs::path> images_in(const fs::path& dir) {
  std::vector<fs::path> files = sorted_files(dir);
  std::erase_if(files, [](const fs::path& file) {
    return !is_picture(file) || !id_before(file, "_mask").empty();
  });
  return files;
}

}  // namespace

bool ScenePaths::has_jpeg_mask() const {
  return !is_mask(mask);
}

std::vector<std::string> FolderScan::jpeg_masks() const {
  std::vector<std::string> names;
  for (const ScenePaths& scene : scenes) {
    if (scene.has_jpeg_mask()) names.push_back(scene.mask.filename().string());
  }
  return names;
}

std::string FolderScan::problems(MaskPolicy policy) const {
  std::string text = paragraph(images_without_mask, "without a mask (ID_mask.png)") +
                     paragraph(masks_without_image, "without an image (ID_sat.jpg)") +
                     paragraph(unread, fmt::format("in a format that is not read ({}); convert or "
                                                   "remove",
                                                   format_suffixes()));
  if (policy != MaskPolicy::nearest) {
    text +=
        paragraph(jpeg_masks(),
                  "with a JPEG mask, whose compression blurs the colours of the classes; make "
                  "PNG masks from the original ones, or accept the nearest class of each colour "
                  "with --mask-policy nearest");
  }
  return text;
}

FolderScan scan_folder(const fs::path& dir) {
  Candidates found = find_candidates(dir);
  FolderScan scan;
  for (const auto& [id, file] : found.unread_masks) {
    if (!found.masks.contains(id)) scan.unread.push_back(file.filename().string());
  }
  for (const auto& [id, file] : found.unread_images) {
    if (!found.images.contains(id)) scan.unread.push_back(file.filename().string());
  }
  std::sort(scan.unread.begin(), scan.unread.end());

  std::vector<ScenePaths> scenes;
  for (const auto& [id, file] : found.images) scenes.push_back({id, file, {}});
  std::sort(scenes.begin(), scenes.end(), [](const ScenePaths& a, const ScenePaths& b) {
    return a.image.filename().native() < b.image.filename().native();
  });
  for (ScenePaths& scene : scenes) {
    const auto mask = found.masks.extract(scene.id);
    if (mask.empty()) {
      scan.images_without_mask.push_back(scene.image.filename().string());
    } else {
      scene.mask = mask.mapped();
      scan.scenes.push_back(std::move(scene));
    }
  }
  for (const auto& [id, file] : found.masks) {
    scan.masks_without_image.push_back(file.filename().string());
  }
  return scan;
}

std::vector<ScenePaths> paired_scenes(const fs::path& dir, MaskPolicy policy) {
  FolderScan scan = scan_folder(dir);
  const std::string problems = scan.problems(policy);
  require(problems.empty(), "{}: files that do not fit together:{}", dir.string(), problems);
  require(!scan.scenes.empty(), "{}: holds no scene: expected pairs ID_sat.jpg and ID_mask.png",
          dir.string());
  return std::move(scan.scenes);
}

std::vector<fs::path> masks_of(const std::vector<ScenePaths>& scenes) {
  std::vector<fs::path> masks;
  for (const ScenePaths& scene : scenes) masks.push_back(scene.mask);
  return masks;
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
  if (image == mask) return;
  const int orientation = image_orientation(scene.image);
  fail("{}: the mask is {}, but its image {} is {}{}", scene.mask.string(), mask.str(),
       scene.image.filename().string(), image.str(),
       orientation == 1 ? ""
                        : fmt::format(" after its EXIF orientation ({}) is applied; turn the mask "
                                      "as well, or remove the orientation from the image",
                                      orientation));
}

bool has_images(const fs::path& dir) {
  return !images_in(dir).empty();
}

std::vector<fs::path> list_images(const fs::path& dir) {
  std::vector<fs::path> files = images_in(dir);
  require(!files.empty(), "{}: holds no image ({})", dir.string(), format_suffixes());
  return files;
}

std::vector<fs::path> list_unread_images(const fs::path& dir) {
  std::vector<fs::path> files = sorted_files(dir);
  std::erase_if(files, [](const fs::path& file) {
    return !is_unread(file) || !id_before(file, "_mask").empty();
  });
  return files;
}

}  // namespace fpanet
