#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <optional>

#include "data/file_name.hpp"
#include "data/first_names.hpp"
#include "data/mask.hpp"
#include "data/mask_counts.hpp"
#include "data/prepare/layouts.hpp"
#include "data/raster/raster.hpp"
#include "data/raster/raster_writer.hpp"
#include "engine/core/error.hpp"

namespace fpanet::prepare {
namespace {

constexpr std::string_view kLabelEnd = "_15label";
constexpr int kNear = 2;  // a colour that differs by no more in each channel is that of the class
constexpr Index kRows = 512;  // of a mask that are in memory at a time

struct GidScene {
  fs::path image, mask;
  bool has_infrared = false;  // first
  std::string part = {};
};

/// The part of the split that a folder's name tells.
std::string part_of(const fs::path& file) {
  for (const fs::path& folder : file.parent_path()) {
    const std::string name = lower_case(folder.string());
    if (name == "train" || name == "test") return name;
    if (name == "val" || name == "valid" || name == "validation") return "val";
  }
  return {};
}

/// Whether the image lies in a folder of images with infrared.
bool in_infrared_folder(const fs::path& image) {
  return lower_case(image.parent_path().filename().string()).find("nir") != std::string::npos;
}

struct GidFiles {
  std::map<std::string, GidScene> scenes;  // by name
  Index unlabelled = 0;
};

GidFiles find_scenes(const fs::path& source) {
  GidFiles found;
  std::map<std::string, fs::path> images, masks;
  for (const auto& entry : fs::recursive_directory_iterator(source)) {
    const fs::path& file = entry.path();
    const std::string suffix = lower_suffix(file), stem = file.stem().string();
    const bool is_raster = suffix == ".tif" || suffix == ".tiff" || suffix == ".png";
    if (!entry.is_regular_file() || !is_raster || stem.starts_with('.')) continue;
    if (stem.ends_with(kLabelEnd)) {
      // Colours, as TIFF, are what the archive is named for; indices, as PNG, are the same.
      fs::path& mask = masks[stem.substr(0, stem.size() - kLabelEnd.size())];
      if (mask.empty() || suffix != ".png") mask = file;
    } else if (suffix != ".png" && !stem.ends_with("_label") && !stem.ends_with("_5label")) {
      fs::path& image = images[stem];
      if (image.empty() || !in_infrared_folder(file)) image = file;
    }
  }
  for (const auto& [name, image] : images) {
    const auto mask = masks.find(name);
    if (mask == masks.end()) {
      ++found.unlabelled;
      continue;
    }
    GidScene& scene = found.scenes[name];
    scene = {.image = image, .mask = mask->second};
    scene.has_infrared = in_infrared_folder(image);
    scene.part = part_of(fs::relative(image, source));
    masks.erase(mask);
  }
  std::vector<std::string> lonely;
  for (const auto& [name, mask] : masks) lonely.push_back(mask.filename().string());
  require(lonely.empty(), "{}: {} masks have no image: {}", source.string(), lonely.size(),
          first_names(lonely));
  require(
      !found.scenes.empty(),
      "{}: holds no scene NAME.tif with a mask NAME{}.tif: expected the unpacked archive of GID-15",
      source.string(), kLabelEnd);
  return found;
}

/// What became of colours that no class has exactly.
struct Repaired {
  Index near = 0, near_scenes = 0;
  MaskCounts counts = {};
};

/// The label of a colour, or of one that differs from it by kNear at most.
std::uint8_t near_label(const Rgb& color, const ClassTable& classes) {
  const Index label = classes.nearest(color);
  const Rgb& other = classes.color(label);
  for (std::size_t c = 0; c < color.size(); ++c) {
    if (std::abs(int{color[c]} - int{other[c]}) > kNear) return kIgnoreByte;
  }
  return static_cast<std::uint8_t>(label);
}

/// Class indices of rows of a mask of colours.
Image indices_of(const Image& colors, const ClassTable& classes, Repaired& repaired) {
  LabelMap labels = labels_from_mask(colors, classes, MaskPolicy::ignore);
  Image repaired_colors = colors;
  Index near = 0;
  for (std::size_t i = 0; i < labels.labels.pixels.size(); ++i) {
    if (labels.labels.pixels[i] != kIgnoreByte) continue;
    std::uint8_t* const pixel = repaired_colors.pixels.data() + 3 * i;
    const std::uint8_t label = near_label({pixel[0], pixel[1], pixel[2]}, classes);
    if (label == kIgnoreByte) continue;
    std::ranges::copy(classes.color(label), pixel);
    ++near;
  }
  if (near > 0) labels = labels_from_mask(repaired_colors, classes, MaskPolicy::ignore);
  repaired.near += near;
  labels.ignored = std::ranges::count(labels.labels.pixels, kIgnoreByte);
  repaired.counts.add(labels);
  return std::move(labels.labels);
}

void write_mask(const GidScene& scene, const fs::path& file, const ClassTable& classes,
                Repaired& repaired) {
  const auto image = open_raster(scene.image, {.bands = {1}});
  const auto mask = open_raster(scene.mask, {.labels = true});
  const RasterInfo& info = mask->info();
  require(info.height == image->info().height && info.width == image->info().width,
          "{}: has {}x{} pixels, but its image {} has {}x{}", info.name, info.height, info.width,
          image->info().name, image->info().height, image->info().width);
  require((info.bands == 1 || info.bands == 3) && info.type == DType::u8,
          "{}: has {} bands of {}, expected three of colours or one of indices, of bytes",
          info.name, info.bands, name_of(info.type));
  const auto writer = create_raster(file, {.height = info.height,
                                           .width = info.width,
                                           .georeference = image->info().georeference,
                                           .classes = classes});
  const Index near_before = repaired.near;
  for (Index top = 0; top < info.height; top += kRows) {
    Image rows = mask->read(Window{top, 0, std::min(kRows, info.height - top), info.width}).pixels;
    if (info.bands == 3) {
      rows = indices_of(rows, classes, repaired);
    } else {
      const auto wrong = std::ranges::find_if(
          rows.pixels, [&](std::uint8_t v) { return v >= classes.size() && v != kIgnoreByte; });
      require(wrong == rows.pixels.end(), "{}: holds the value {}, but there are {} classes",
              info.name, wrong == rows.pixels.end() ? 0 : *wrong, classes.size());
    }
    writer->write_rows(rows);
  }
  writer->commit();
  if (repaired.near > near_before) ++repaired.near_scenes;
}

}  // namespace

ClassTable gid15_classes() {
  return ClassTable({{"background", {0, 0, 0}},
                     {"industrial_land", {200, 0, 0}},
                     {"urban_residential", {250, 0, 150}},
                     {"rural_residential", {200, 150, 150}},
                     {"traffic_land", {250, 150, 150}},
                     {"paddy_field", {0, 200, 0}},
                     {"irrigated_land", {150, 250, 0}},
                     {"dry_cropland", {150, 200, 150}},
                     {"garden_plot", {200, 0, 200}},
                     {"arbor_woodland", {150, 0, 250}},
                     {"shrub_land", {150, 150, 250}},
                     {"natural_grassland", {250, 200, 0}},
                     {"artificial_grassland", {200, 200, 0}},
                     {"river", {0, 0, 200}},
                     {"lake", {0, 150, 200}},
                     {"pond", {0, 200, 250}}});
}

std::vector<std::string> gid15(const fs::path& source, const fs::path& out) {
  const ClassTable classes = gid15_classes();
  const GidFiles found = find_scenes(source);
  const bool has_parts = std::ranges::all_of(
      found.scenes, [](const auto& scene) { return !scene.second.part.empty(); });
  std::vector<std::vector<std::string>> rows{{"image", "mask"}};
  if (has_parts) rows.front().emplace_back("split");
  Repaired repaired;
  Index infrared = 0;
  for (const auto& [name, scene] : found.scenes) {
    const std::string image = name + "_sat.tif", mask = name + "_mask.tif";
    write_mask(scene, out / mask, classes, repaired);
    place(scene.image, out / image);
    rows.push_back({image, mask});
    if (has_parts) rows.back().push_back(scene.part);
    infrared += scene.has_infrared ? 1 : 0;
  }
  write_lines(out / "list.csv", rows);

  std::vector<std::string> notes{fmt::format("{} scenes with masks", found.scenes.size())};
  if (found.unlabelled > 0) {
    notes.push_back(fmt::format("{} images without masks, which are left aside", found.unlabelled));
  }
  if (infrared > 0) {
    notes.push_back(fmt::format("{} images have the bands near infrared, red, green", infrared));
  }
  if (repaired.near > 0) {
    notes.push_back(fmt::format(
        "{} mask pixels in {} scenes had a colour that differs from a class's by {} at most, "
        "and have that class now",
        repaired.near, repaired.near_scenes, kNear));
  }
  for (const std::string& warning : mask_warnings(repaired.counts, MaskPolicy::ignore)) {
    notes.push_back(warning);
  }
  notes.push_back(
      has_parts ? "the archive's parts are in list.csv"
                : "the archive names no parts: training splits the scenes as the notebook does");
  return notes;
}

}  // namespace fpanet::prepare
