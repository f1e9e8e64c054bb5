#include <fmt/core.h>

#include <algorithm>
#include <map>

#include "data/first_names.hpp"
#include "data/prepare/layouts.hpp"
#include "data/raster/raster.hpp"
#include "data/text_file.hpp"
#include "engine/core/error.hpp"
#include "engine/core/parse_number.hpp"

namespace fpanet::prepare {
namespace {

constexpr Index kSide = 512;  // of the tiles of the official lists

struct Photo {
  ImageSize size;
  std::string file;
};

/// The tile NAME_K of an orthophoto, whose tiles are counted row by row; those that reach over its edge count, but
/// none of them is listed.
std::optional<Window> tile_of(const Photo& photo, Index number) {
  const Index columns = divide_up(photo.size.width, kSide);
  const Window window{number / columns * kSide, number % columns * kSide, kSide, kSide};
  const bool inside =
      window.top + kSide <= photo.size.height && window.left + kSide <= photo.size.width;
  return inside ? std::optional(window) : std::nullopt;
}

}  // namespace

ClassTable landcover_ai_classes() {
  return ClassTable({{"background", {163, 255, 115}},
                     {"building", {156, 156, 156}},
                     {"woodland", {38, 115, 0}},
                     {"water", {0, 197, 255}},
                     {"road", {0, 0, 0}}});
}

std::vector<std::string> landcover_ai(const fs::path& source, const fs::path& out) {
  for (const char* const part : {"images", "masks", "train.txt", "val.txt", "test.txt"}) {
    require(fs::exists(source / part),
            "{}: is missing: expected the unpacked archive of LandCover.ai v1, with the folders "
            "images and masks and "
            "the lists train.txt, val.txt and test.txt",
            (source / part).string());
  }
  std::map<std::string, Photo> photos;
  std::map<std::string, Index> pixel_sizes;
  std::vector<std::string> missing;
  for (const auto& entry : fs::directory_iterator(source / "images")) {
    const std::string file = entry.path().filename().string(), name = entry.path().stem().string();
    if (entry.path().extension() != ".tif" || file.starts_with('.')) continue;
    if (!fs::exists(source / "masks" / file)) {
      missing.push_back("masks/" + file);
      continue;
    }
    const RasterInfo info = open_raster(entry.path())->info();
    photos[name] = {{info.height, info.width}, file};
    const auto metres = metres_per_pixel(info.georeference, info.height, info.width);
    ++pixel_sizes[metres ? fmt::format("{:.2g} m", (*metres)[0]) : "unknown size"];
  }
  require(missing.empty(), "{}: {} masks are missing: {}", source.string(), missing.size(),
          first_names(missing));
  require(!photos.empty(), "{}: holds no orthophoto (*.tif)", (source / "images").string());

  std::vector<std::vector<std::string>> rows{
      {"image", "mask", "split", "id", "row", "column", "height", "width"}};
  std::vector<std::string> unknown, notes;
  for (const std::string part : {"train", "val", "test"}) {
    const std::vector<std::string> tiles = read_list(source / (part + ".txt"));
    for (const std::string& tile : tiles) {
      const std::size_t end = std::min(tile.rfind('_'), tile.size());
      const auto photo = photos.find(tile.substr(0, end));
      const auto number = end < tile.size()
                              ? parse_number<Index>(std::string_view(tile).substr(end + 1))
                              : std::nullopt;
      const bool counted = number && *number >= 0;
      const auto window =
          counted && photo != photos.end() ? tile_of(photo->second, *number) : std::nullopt;
      if (!window) {
        unknown.push_back(fmt::format("{} of {}.txt", tile, part));
        continue;
      }
      rows.push_back({"images/" + photo->second.file, "masks/" + photo->second.file, part, tile,
                      std::to_string(window->top), std::to_string(window->left),
                      std::to_string(window->height), std::to_string(window->width)});
    }
    notes.push_back(fmt::format("{}: {} tiles of {}x{}", part, tiles.size(), kSide, kSide));
  }
  require(unknown.empty(), "{}: {} tiles of the lists are in no orthophoto: {}", source.string(),
          unknown.size(), first_names(unknown));
  for (const auto& [name, photo] : photos) {
    place(source / "images" / photo.file, out / "images" / photo.file);
    place(source / "masks" / photo.file, out / "masks" / photo.file);
  }
  write_lines(out / "list.csv", rows);
  for (const auto& [size, count] : pixel_sizes) {
    notes.push_back(fmt::format("{} orthophotos with pixels of {}", count, size));
  }
  if (pixel_sizes.size() > 1) {
    notes.emplace_back("training and evaluation read all of them with the pixels that most have");
  }
  return notes;
}

}  // namespace fpanet::prepare
