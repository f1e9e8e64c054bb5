#include "data/raster_dataset.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "data/first_names.hpp"
#include "data/padding.hpp"
#include "data/raster/categories.hpp"
#include "data/raster/fill_missing.hpp"
#include "engine/core/device.hpp"
#include "engine/core/error.hpp"
#include "engine/core/join.hpp"
#include "engine/core/parallel.hpp"
#include "engine/core/rng.hpp"
#include "engine/weights/printable.hpp"

namespace fpanet {
namespace {

/// Throws one Error with all messages, or TooFewBands if one of them is.
void fail_if_any(const std::string& source, std::vector<std::string> problems,
                 const std::string& too_few_bands, std::size_t pictures) {
  if (!too_few_bands.empty()) throw TooFewBands(too_few_bands);
  std::erase(problems, std::string());
  if (problems.empty()) return;
  std::ranges::sort(problems);
  problems.erase(std::unique(problems.begin(), problems.end()), problems.end());
  fail("{}: {} of {} rasters with masks cannot be used:\n  {}", source, problems.size(), pictures,
       join(problems, "\n  "));
}

/// Values of any type in a single band as bytes. Throws Error for those that are none.
Image as_bytes(const Image& band, const std::vector<std::uint8_t>& valid) {
  if (band.type == DType::u8) return band;
  Image bytes(band.height, band.width, 1);
  visit_sample_type(band.type, [&]<class T>(T) {
    const auto samples = band.samples<T>();
    for (std::size_t i = 0; i < samples.size(); ++i) {
      if (valid[i] == 0) continue;
      const auto value = static_cast<double>(samples[i]);
      require(value >= 0 && value <= kIgnoreByte && value == std::floor(value),
              "holds the value {}, but indices of classes go from 0 to 254, and {} is ignored",
              value, kIgnoreByte);
      bytes.pixels[i] = static_cast<std::uint8_t>(value);
    }
  });
  return bytes;
}

Image labels_padded(const Image& labels, const ImageSize& size) {
  Image padded(size.height, size.width, 1);
  std::ranges::fill(padded.pixels, kIgnoreByte);
  for (Index y = 0; y < labels.height; ++y) {
    std::copy_n(labels.row(y), labels.width, padded.row(y));
  }
  return padded;
}

/// Pixels where an image or a mask has no data get no label.
void ignore_missing(Image& labels, const std::vector<std::uint8_t>& valid) {
  for (std::size_t i = 0; i < valid.size(); ++i) {
    if (valid[i] == 0) labels.pixels[i] = kIgnoreByte;
  }
}

/// The scene, extended to `size` if it is smaller.
Scene padded(Scene scene, const ImageSize& size) {
  if (scene.image.height == size.height && scene.image.width == size.width) return scene;
  return {pad_by_reflection(scene.image, size),
          {.labels = labels_padded(scene.labels.labels, size)}};
}

bool has_labels(const Image& labels) {
  return std::ranges::any_of(labels.pixels, [](std::uint8_t v) { return v != kIgnoreByte; });
}

}  // namespace

struct RasterDataset::Picture {
  RasterPair pair;
  RasterInfo info = {};  ///< of the image
  bool mask_has_colors = false;
  Window region = {};   ///< in pixels of the image
  SceneGrid grid = {};  ///< over the region
  MaskLabels labels = {};

  ImageSize size() const { return grid.size(); }
};

/// A window on the grid of a picture.
struct RasterDataset::Tile {
  Index picture = 0;
  Window window = {};
  Window own = {};  ///< the part that belongs to no other tile
};

/// What the mask holds in the own part of a tile, where the image has data.
struct RasterDataset::TileCounts {
  Index pixels = 0;
  std::map<std::uint8_t, Index> values = {};  ///< of a single band
  MaskCounts colors = {};
  std::vector<Index> class_pixels = {};  ///< of colours
};

RasterDataset::~RasterDataset() = default;

RasterDataset::RasterDataset(const std::filesystem::path& data, DatasetOptions options)
    : options_(std::move(options)) {
  require_gdal(data.string());
  require(!options_.size.native(),
          "{}: rasters are read by windows: give their size, such as --image-size 320",
          data.string());
  RasterPairs found = find_raster_pairs(data);
  source_ = found.source;
  find_classes(found);
  open_pictures(std::move(found.pairs));
  choose_pixel_size();
  std::vector<Tile> tiles = cut();
  const std::vector<TileCounts> counts = count(tiles);
  decide_labels(tiles, counts);
  const std::size_t all = tiles.size();
  keep_labelled(std::move(tiles), counts);
  describe(all);
}

void RasterDataset::find_classes(const RasterPairs& found) {
  if (found.class_table) {
    table_name_ = found.class_table->string();
    classes_ = ClassTable::read(*found.class_table);
    return;
  }
  const std::filesystem::path& first = found.pairs.front().mask;
  table_name_ = first.string();
  classes_ = classes_of(raster_categories(first), table_name_);
}

void RasterDataset::open_pictures(std::vector<RasterPair> pairs) {
  std::vector<std::string> problems(pairs.size()), too_few(pairs.size());
  pictures_.resize(pairs.size());
  parallel_for(Cpu{default_threads()}, std::ssize(pairs), [&](Index i) {
    const auto at = static_cast<std::size_t>(i);
    Picture& picture = pictures_[at];
    picture.pair = std::move(pairs[at]);
    try {
      picture.info = open_image(picture)->info();
      const auto probe = open_raster(picture.pair.mask, {.labels = true});
      const RasterInfo& mask = probe->info();
      require(mask.bands == 1 || mask.bands == 3,
              "{}: a mask of {} bands: expected one of indices or three of colours", mask.name,
              mask.bands);
      picture.mask_has_colors = mask.bands == 3;
      require(!picture.mask_has_colors || mask.type == DType::u8,
              "{}: a mask of colours in {}: expected bytes", mask.name, name_of(mask.type));
      const std::string other = grid_difference(mask, picture.info);
      require(other.empty(), "{}", other);
      picture.region =
          picture.pair.window.value_or(Window{0, 0, picture.info.height, picture.info.width});
      const Window& region = picture.region;
      require(region.top + region.height <= picture.info.height &&
                  region.left + region.width <= picture.info.width,
              "{}: the window of {}x{} at row {}, column {} is not inside the raster of {}x{}",
              picture.info.name, region.height, region.width, region.top, region.left,
              picture.info.height, picture.info.width);
    } catch (const TooFewBands& error) {
      too_few[at] = error.what();
    } catch (const std::exception& error) {
      problems[at] = error.what();
    }
  });
  std::erase(too_few, std::string());
  fail_if_any(source_, std::move(problems), too_few.empty() ? "" : std::ranges::min(too_few),
              pictures_.size());
  std::vector<SplitPicture> ground;
  std::vector<std::string> systems;  // one text of each; files may write the same one differently
  for (const Picture& picture : pictures_) {
    Footprint footprint = footprint_of(picture.info.georeference, picture.region);
    if (!footprint.crs.empty()) {
      const auto known = std::ranges::find_if(
          systems, [&](const std::string& other) { return same_crs(other, footprint.crs); });
      if (known == systems.end()) {
        systems.push_back(footprint.crs);
      } else {
        footprint.crs = *known;
      }
    }
    if (footprint.crs.empty()) {  // windows of one raster may overlap wherever it lies
      const Window& r = picture.region;
      footprint = {.crs = picture.pair.image.string(),
                   .left = static_cast<double>(r.left),
                   .right = static_cast<double>(r.left + r.width),
                   .bottom = static_cast<double>(r.top),
                   .top = static_cast<double>(r.top + r.height)};
    }
    ground.push_back(
        {picture.pair.id, picture.pair.part, picture.pair.group, std::move(footprint)});
  }
  split_ = GroundSplit(source_, std::move(ground));
}

void RasterDataset::choose_pixel_size() {
  std::vector<std::optional<std::array<double, 2>>> metres;
  std::vector<std::pair<double, double>> sizes;  // and pixels
  for (const Picture& picture : pictures_) {
    metres.push_back(
        metres_per_pixel(picture.info.georeference, picture.info.height, picture.info.width));
    if (!metres.back()) continue;
    sizes.emplace_back(std::sqrt((*metres.back())[0] * (*metres.back())[1]),
                       static_cast<double>(picture.region.height * picture.region.width));
  }
  pixel_size_ = options_.pixel_size;
  if (!pixel_size_ && !sizes.empty()) {
    // The median over all pixels is that of most of them, and no mean of two sizes.
    std::ranges::sort(sizes);
    double all = 0, below = 0;
    for (const auto& [size, pixels] : sizes) all += pixels;
    for (const auto& [size, pixels] : sizes) {
      below += pixels;
      if (2 * below < all) continue;
      pixel_size_ = size;
      break;
    }
  }
  std::vector<std::string> resampled;
  for (std::size_t i = 0; i < pictures_.size(); ++i) {
    Picture& picture = pictures_[i];
    const ImageSize region{picture.region.height, picture.region.width};
    picture.grid = same_grid(region);
    if (!metres[i] || !pixel_size_) continue;
    const auto [across, down] = *metres[i];
    require(
        std::max(across, down) <= kMostEnlarged * *pixel_size_,
        "{}: its pixels of {:.3g} m x {:.3g} m are more than {} times those of {:.3g} m that are "
        "trained on; leave it out",
        picture.info.name, across, down, kMostEnlarged, *pixel_size_);
    picture.grid = training_grid(region, *metres[i], *pixel_size_);
    if (!picture.grid.is_same()) resampled.push_back(picture.pair.id);
  }
  if (resampled.empty()) return;
  notes_.push_back(
      fmt::format("{} of {} rasters have other pixels and are read resampled to {:.3g} m: {}",
                  resampled.size(), pictures_.size(), *pixel_size_, first_names(resampled)));
}

std::vector<RasterDataset::Tile> RasterDataset::cut() const {
  std::vector<Tile> tiles;
  const ImageSize& size = options_.size;
  for (std::size_t p = 0; p < pictures_.size(); ++p) {
    const ImageSize all = pictures_[p].size();
    for (Index top = 0; top < all.height; top += size.height) {
      for (Index left = 0; left < all.width; left += size.width) {
        Tile tile{.picture = static_cast<Index>(p)};
        tile.own = {top, left, std::min(size.height, all.height - top),
                    std::min(size.width, all.width - left)};
        tile.window.top = std::max<Index>(0, std::min(top, all.height - size.height));
        tile.window.left = std::max<Index>(0, std::min(left, all.width - size.width));
        tile.window.height = std::min(size.height, all.height);
        tile.window.width = std::min(size.width, all.width);
        tiles.push_back(tile);
      }
    }
  }
  return tiles;
}

RasterDataset::TileCounts RasterDataset::count_tile(const Tile& tile) const {
  const Picture& picture = pictures_[static_cast<std::size_t>(tile.picture)];
  TileCounts counted;
  RasterPatch mask = read_mask_samples(picture, tile.own);
  std::vector<std::uint8_t> valid(mask.valid.size(), 1);
  if (picture.info.has_gaps) valid = read_valid(picture, tile.own);
  counted.pixels = std::ranges::count(valid, std::uint8_t{1});
  if (!picture.mask_has_colors) {
    std::array<Index, 256> found{};
    for (std::size_t k = 0; k < valid.size(); ++k) {
      if (valid[k] != 0) ++found[mask.pixels.pixels[k]];
    }
    for (std::size_t v = 0; v < found.size(); ++v) {
      if (found[v] > 0) counted.values[static_cast<std::uint8_t>(v)] = found[v];
    }
    return counted;
  }
  LabelMap labels = labels_of(picture, std::move(mask));
  counted.class_pixels.resize(static_cast<std::size_t>(classes_.size()));
  labels.ignored = 0;
  for (std::size_t k = 0; k < valid.size(); ++k) {
    const std::uint8_t label = labels.labels.pixels[k];
    if (valid[k] != 0 && label != kIgnoreByte) {
      ++counted.class_pixels[label];
    } else {
      ++labels.ignored;
    }
  }
  counted.colors.add(labels);
  counted.colors.ignored_pixels = counted.colors.ignored_scenes = 0;  // colours have no 255
  return counted;
}

std::vector<RasterDataset::TileCounts> RasterDataset::count(const std::vector<Tile>& tiles) const {
  std::vector<TileCounts> counts(tiles.size());
  std::vector<std::string> problems(tiles.size());
  constexpr Index kTilesAtOnce = 16;  // neighbours share the blocks that GDAL decodes
  parallel_chunks(Cpu{default_threads()}, std::ssize(tiles), kTilesAtOnce,
                  [&](Index begin, Index end, Index /*chunk*/) {
                    for (auto i = static_cast<std::size_t>(begin);
                         i < static_cast<std::size_t>(end); ++i) {
                      try {
                        counts[i] = count_tile(tiles[i]);
                      } catch (const std::exception& error) {
                        problems[i] = error.what();
                      }
                    }
                  });
  fail_if_any(source_, std::move(problems), "", pictures_.size());
  return counts;
}

void RasterDataset::decide_labels(const std::vector<Tile>& tiles,
                                  const std::vector<TileCounts>& counts) {
  // Windows of one mask file are one mask.
  std::map<std::string, std::size_t> mask_of;
  std::vector<MaskContents> masks;
  std::vector<std::size_t> mask_of_picture;
  for (const Picture& picture : pictures_) {
    const std::string file = picture.pair.mask.string();
    const auto [known, is_new] = mask_of.emplace(file, masks.size());
    mask_of_picture.push_back(known->second);
    if (!is_new) continue;
    masks.push_back({.file = file, .bands = picture.mask_has_colors ? 3 : 1});
    if (!picture.mask_has_colors) masks.back().categories = raster_categories(picture.pair.mask);
  }
  for (std::size_t i = 0; i < tiles.size(); ++i) {
    MaskContents& mask = masks[mask_of_picture[static_cast<std::size_t>(tiles[i].picture)]];
    for (const auto& [value, pixels] : counts[i].values) mask.values.insert(value);
  }
  const MaskDecision decision = decide_mask_labels(masks, classes_, table_name_);
  fail_if_any(source_, decision.problems, "", masks.size());
  mask_note_ = decision.note;
  for (std::size_t p = 0; p < pictures_.size(); ++p) {
    pictures_[p].labels = decision.masks[mask_of_picture[p]];
  }
}

void RasterDataset::keep_labelled(std::vector<Tile> tiles, const std::vector<TileCounts>& counts) {
  std::vector<SceneFacts> facts(tiles.size());
  for (std::size_t i = 0; i < tiles.size(); ++i) {
    const Picture& picture = pictures_[static_cast<std::size_t>(tiles[i].picture)];
    SceneFacts& of = facts[i];
    of.size = options_.size;
    of.type = picture.info.type;
    of.class_pixels = counts[i].class_pixels;
    of.counts = counts[i].colors;
    if (picture.mask_has_colors) continue;
    of.class_pixels.resize(static_cast<std::size_t>(classes_.size()));
    of.counts.scenes = 1;
    of.counts.pixels = counts[i].pixels;
    for (const auto& [value, pixels] : counts[i].values) {
      const std::uint8_t label = picture.labels.label_of[value];
      if (label == kIgnoreByte) {
        of.counts.ignored_pixels += pixels;
      } else {
        of.class_pixels[label] += pixels;
        of.counts.labelled_pixels += pixels;
      }
    }
    of.counts.ignored_scenes = of.counts.ignored_pixels > 0 ? 1 : 0;
  }
  // A picture keeps one window at least, and what the others held counts there.
  for (std::size_t begin = 0, end = 0; begin < tiles.size(); begin = end) {
    end = begin;
    while (end < tiles.size() && tiles[end].picture == tiles[begin].picture) ++end;
    std::size_t first = begin;
    while (first + 1 < end && facts[first].counts.labelled_pixels == 0) ++first;
    if (facts[first].counts.labelled_pixels == 0) first = begin;
    for (std::size_t i = begin; i < end; ++i) {
      if (i != first && facts[i].counts.labelled_pixels == 0)
        facts[first].counts.add(facts[i].counts);
    }
    for (std::size_t i = begin; i < end; ++i) {
      if (i != first && facts[i].counts.labelled_pixels == 0) continue;
      tiles_.push_back(tiles[i]);
      facts_.push_back(std::move(facts[i]));
    }
  }
}

void RasterDataset::describe(std::size_t all_tiles) {
  notes_.insert(notes_.begin(),
                fmt::format("{}: {} rasters in {} windows of {}, {} of which hold labels", source_,
                            pictures_.size(), all_tiles, options_.size.str(), tiles_.size()));
}

Index RasterDataset::size() const {
  return std::ssize(tiles_);
}

std::string RasterDataset::id(Index scene) const {
  const Tile& tile = tiles_[static_cast<std::size_t>(scene)];
  return fmt::format("{}_{}_{}", picture_id(tile.picture), tile.window.top, tile.window.left);
}

Index RasterDataset::pictures() const {
  return std::ssize(pictures_);
}

Index RasterDataset::picture_of(Index scene) const {
  return tiles_[static_cast<std::size_t>(scene)].picture;
}

std::string RasterDataset::picture_id(Index picture) const {
  return pictures_[static_cast<std::size_t>(picture)].pair.id;
}

const RasterInfo& RasterDataset::info(Index picture) const {
  return pictures_[static_cast<std::size_t>(picture)].info;
}

const Window& RasterDataset::region(Index picture) const {
  return pictures_[static_cast<std::size_t>(picture)].region;
}

const SceneFacts* RasterDataset::facts(Index scene) const {
  return &facts_[static_cast<std::size_t>(scene)];
}

ReaderPool::Lease RasterDataset::open_image(const Picture& picture) const {
  return images_.take(picture.pair.image, {.bands = options_.bands.numbers()});
}

ReaderPool::Lease RasterDataset::open_mask(const Picture& picture) const {
  RasterOptions how{.labels = true};
  how.bands = picture.mask_has_colors ? std::vector<Index>{1, 2, 3} : std::vector<Index>{1};
  return masks_.take(picture.pair.mask, how);
}

SourceWindow RasterDataset::source(const Picture& picture, const Window& window) const {
  SourceWindow from = picture.grid.source(window);
  from.top += static_cast<double>(picture.region.top);
  from.left += static_cast<double>(picture.region.left);
  return from;
}

std::vector<std::uint8_t> RasterDataset::read_valid(const Picture& picture,
                                                    const Window& window) const {
  const auto reader = open_image(picture);
  if (!picture.grid.is_same()) {
    return reader->read(source(picture, window), window.height, window.width).valid;
  }
  return reader->read_valid({picture.region.top + window.top, picture.region.left + window.left,
                             window.height, window.width});
}

RasterPatch RasterDataset::read_mask_samples(const Picture& picture, const Window& window) const {
  RasterPatch patch =
      open_mask(picture)->read(source(picture, window), window.height, window.width);
  if (picture.mask_has_colors) return patch;
  try {
    patch.pixels = as_bytes(patch.pixels, patch.valid);
  } catch (const Error& error) {
    fail("{}: {}; the classes of {} are {}", picture.pair.mask.string(), error.what(), table_name_,
         classes_.size());
  }
  ignore_missing(patch.pixels, patch.valid);
  return patch;
}

LabelMap RasterDataset::read_labels(const Picture& picture, const Window& window) const {
  return labels_of(picture, read_mask_samples(picture, window));
}

LabelMap RasterDataset::labels_of(const Picture& picture, RasterPatch patch) const {
  if (!picture.mask_has_colors) {
    for (std::uint8_t& value : patch.pixels.pixels) value = picture.labels.label_of[value];
    return {.labels = std::move(patch.pixels)};
  }
  const Rgb& any_class = classes_.color(0);
  for (std::size_t i = 0; i < patch.valid.size(); ++i) {
    if (patch.valid[i] == 0)
      std::ranges::copy(any_class,
                        patch.pixels.pixels.begin() + 3 * static_cast<std::ptrdiff_t>(i));
  }
  LabelMap labels;
  try {
    labels = labels_from_mask(patch.pixels, classes_, options_.mask_policy);
  } catch (const Error& error) {
    fail("{}: {}", picture.pair.mask.string(), error.what());
  }
  ignore_missing(labels.labels, patch.valid);
  return labels;
}

Scene RasterDataset::read(const Picture& picture, const Window& window, LabelMap labels) const {
  RasterPatch patch =
      open_image(picture)->read(source(picture, window), window.height, window.width);
  ignore_missing(labels.labels, patch.valid);
  fill_missing(patch);
  patch.pixels.nodata.reset();
  return {std::move(patch.pixels), std::move(labels)};
}

Scene RasterDataset::load(Index scene) const {
  const Tile& tile = tiles_[static_cast<std::size_t>(scene)];
  const Picture& picture = pictures_[static_cast<std::size_t>(tile.picture)];
  Scene loaded = read(picture, tile.window, read_labels(picture, tile.window));
  Image& labels = loaded.labels.labels;
  const Index top = tile.own.top - tile.window.top, left = tile.own.left - tile.window.left;
  for (Index y = 0; y < labels.height; ++y) {
    std::fill_n(labels.row(y), y < top ? labels.width : left, kIgnoreByte);
  }
  return padded(std::move(loaded), options_.size);
}

Scene RasterDataset::load_random(Index scene, const RandomWindow& wanted) const {
  constexpr int kMostTries = 16;
  const Tile& tile = tiles_[static_cast<std::size_t>(scene)];
  const Picture& picture = pictures_[static_cast<std::size_t>(tile.picture)];
  const ImageSize all = picture.size();
  const ImageSize inside{std::min(wanted.size.height, all.height),
                         std::min(wanted.size.width, all.width)};
  const auto offset = [](Rng& rng, Index rest) {
    return static_cast<Index>(rng.below(static_cast<std::uint64_t>(rest) + 1));
  };
  Rng rng(wanted.seed, hash_name(fmt::format("window/{}/{}", wanted.epoch, scene)));
  Scene drawn;
  for (int tries = 0; tries <= kMostTries; ++tries) {
    Window window{.height = inside.height, .width = inside.width};
    window.top = offset(rng, all.height - inside.height);
    window.left = offset(rng, all.width - inside.width);
    if (tries == kMostTries) window = tile.window;  // there are labels in it
    LabelMap labels = read_labels(picture, window);
    if (!has_labels(labels.labels) && tries < kMostTries) continue;
    drawn = read(picture, window, std::move(labels));
    if (has_labels(drawn.labels.labels)) break;
  }
  return padded(std::move(drawn), wanted.size);
}

Image RasterDataset::load_samples(Index scene) const {
  const Tile& tile = tiles_[static_cast<std::size_t>(scene)];
  const Picture& picture = pictures_[static_cast<std::size_t>(tile.picture)];
  const RasterPatch patch = open_image(picture)->read(source(picture, tile.window),
                                                      tile.window.height, tile.window.width);
  const Index valid = std::ranges::count(patch.valid, std::uint8_t{1});
  const Image& all = patch.pixels;
  Image samples(1, valid, all.channels, all.type);
  samples.nodata = all.nodata;
  const auto bytes = static_cast<std::size_t>(all.pixel_bytes());
  std::uint8_t* to = samples.pixels.data();
  for (std::size_t i = 0; i < patch.valid.size(); ++i) {
    if (patch.valid[i] == 0) continue;
    std::copy_n(all.pixels.data() + i * bytes, bytes, to);
    to += bytes;
  }
  return samples;
}

}  // namespace fpanet
