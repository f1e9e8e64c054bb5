#include "data/raster_dataset.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "data/first_names.hpp"
#include "data/padding.hpp"
#include "data/raster/categories.hpp"
#include "engine/core/device.hpp"
#include "engine/core/error.hpp"
#include "engine/core/join.hpp"
#include "engine/core/parallel.hpp"
#include "engine/core/rng.hpp"

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

Image labels_padded(const Image& labels, const ImageSize& size) {
  Image padded(size.height, size.width, 1);
  std::ranges::fill(padded.pixels, kIgnoreByte);
  for (Index y = 0; y < labels.height; ++y) {
    std::copy_n(labels.row(y), labels.width, padded.row(y));
  }
  return padded;
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

RasterDataset::RasterDataset(const std::filesystem::path& data, DatasetOptions options)
    : options_(std::move(options)) {
  require_gdal(data.string());
  require(!options_.size.native(),
          "{}: rasters are read by windows: give their size, such as --image-size 320",
          data.string());
  RasterPairs found = find_raster_pairs(data);
  source_ = found.source;
  make_reader(found);
  open_pictures(std::move(found.pairs));
  choose_pixel_size();
  std::vector<PictureTile> tiles = cut_tiles(pictures_, options_.size);
  const std::vector<TileContents> contents = survey(tiles);
  decide_labels(tiles, contents);
  const std::size_t all = tiles.size();
  keep_labelled(std::move(tiles), contents);
  describe(all);
}

void RasterDataset::make_reader(const RasterPairs& found) {
  const std::string table =
      found.class_table ? found.class_table->string() : found.pairs.front().mask.string();
  ClassTable classes = found.class_table
                           ? ClassTable::read(*found.class_table)
                           : classes_of(raster_categories(found.pairs.front().mask), table);
  reader_ = std::make_unique<RasterPictureReader>(std::move(classes), table, options_.bands,
                                                  options_.mask_policy);
}

void RasterDataset::open_pictures(std::vector<RasterPair> pairs) {
  std::vector<std::string> problems(pairs.size()), too_few(pairs.size());
  pictures_.resize(pairs.size());
  parallel_for(Cpu{default_threads()}, std::ssize(pairs), [&](Index i) {
    const auto at = static_cast<std::size_t>(i);
    try {
      pictures_[at] = reader_->open(std::move(pairs[at]));
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
  for (const RasterPicture& picture : pictures_) {
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
  for (const RasterPicture& picture : pictures_) {
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
    RasterPicture& picture = pictures_[i];
    if (!metres[i] || !pixel_size_) continue;
    const auto [across, down] = *metres[i];
    require(
        std::max(across, down) <= kMostEnlarged * *pixel_size_,
        "{}: its pixels of {:.3g} m x {:.3g} m are more than {} times those of {:.3g} m that are "
        "trained on; leave it out",
        picture.info.name, across, down, kMostEnlarged, *pixel_size_);
    picture.grid = training_grid(picture.size(), *metres[i], *pixel_size_);
    if (!picture.grid.is_same()) resampled.push_back(picture.pair.id);
  }
  if (resampled.empty()) return;
  notes_.push_back(
      fmt::format("{} of {} rasters have other pixels and are read resampled to {:.3g} m: {}",
                  resampled.size(), pictures_.size(), *pixel_size_, first_names(resampled)));
}

std::vector<TileContents> RasterDataset::survey(const std::vector<PictureTile>& tiles) const {
  std::vector<TileContents> contents(tiles.size());
  std::vector<std::string> problems(tiles.size());
  constexpr Index kTilesAtOnce = 16;  // neighbours share the blocks that GDAL decodes
  parallel_chunks(
      Cpu{default_threads()}, std::ssize(tiles), kTilesAtOnce,
      [&](Index begin, Index end, Index /*chunk*/) {
        for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
          try {
            contents[i] = contents_of(
                *reader_, pictures_[static_cast<std::size_t>(tiles[i].picture)], tiles[i]);
          } catch (const std::exception& error) {
            problems[i] = error.what();
          }
        }
      });
  fail_if_any(source_, std::move(problems), "", pictures_.size());
  return contents;
}

void RasterDataset::decide_labels(const std::vector<PictureTile>& tiles,
                                  const std::vector<TileContents>& contents) {
  // Windows of one mask file are one mask.
  std::map<std::string, std::size_t> mask_of;
  std::vector<MaskContents> masks;
  std::vector<std::size_t> mask_of_picture;
  for (const RasterPicture& picture : pictures_) {
    const std::string file = picture.pair.mask.string();
    const auto [known, is_new] = mask_of.emplace(file, masks.size());
    mask_of_picture.push_back(known->second);
    if (!is_new) continue;
    masks.push_back({.file = file, .bands = picture.mask_has_colors ? 3 : 1});
    if (!picture.mask_has_colors) masks.back().categories = raster_categories(picture.pair.mask);
  }
  for (std::size_t i = 0; i < tiles.size(); ++i) {
    MaskContents& mask = masks[mask_of_picture[static_cast<std::size_t>(tiles[i].picture)]];
    for (const auto& [value, pixels] : contents[i].values) mask.values.insert(value);
  }
  const MaskDecision decision = decide_mask_labels(masks, classes(), reader_->table());
  fail_if_any(source_, decision.problems, "", masks.size());
  mask_note_ = decision.note;
  for (std::size_t p = 0; p < pictures_.size(); ++p) {
    pictures_[p].labels = decision.masks[mask_of_picture[p]];
  }
}

void RasterDataset::keep_labelled(std::vector<PictureTile> tiles,
                                  const std::vector<TileContents>& contents) {
  std::vector<SceneFacts> facts;
  for (std::size_t i = 0; i < tiles.size(); ++i) {
    const RasterPicture& picture = pictures_[static_cast<std::size_t>(tiles[i].picture)];
    facts.push_back(facts_of(contents[i], picture, options_.size, classes().size()));
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
  const PictureTile& tile = tiles_[static_cast<std::size_t>(scene)];
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

Scene RasterDataset::load(Index scene) const {
  const PictureTile& tile = tiles_[static_cast<std::size_t>(scene)];
  const RasterPicture& picture = pictures_[static_cast<std::size_t>(tile.picture)];
  Scene loaded = reader_->read(picture, tile.window, reader_->read_labels(picture, tile.window));
  Image& labels = loaded.labels.labels;
  const Index top = tile.own.top - tile.window.top, left = tile.own.left - tile.window.left;
  for (Index y = 0; y < labels.height; ++y) {
    std::fill_n(labels.row(y), y < top ? labels.width : left, kIgnoreByte);
  }
  return padded(std::move(loaded), options_.size);
}

Scene RasterDataset::load_random(Index scene, const RandomWindow& wanted) const {
  constexpr int kMostTries = 16;
  const PictureTile& tile = tiles_[static_cast<std::size_t>(scene)];
  const RasterPicture& picture = pictures_[static_cast<std::size_t>(tile.picture)];
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
    LabelMap labels = reader_->read_labels(picture, window);
    if (!has_labels(labels.labels) && tries < kMostTries) continue;
    drawn = reader_->read(picture, window, std::move(labels));
    if (has_labels(drawn.labels.labels)) break;
  }
  return padded(std::move(drawn), wanted.size);
}

Image RasterDataset::load_samples(Index scene) const {
  const PictureTile& tile = tiles_[static_cast<std::size_t>(scene)];
  const RasterPicture& picture = pictures_[static_cast<std::size_t>(tile.picture)];
  const RasterPatch patch = reader_->read_image(picture, tile.window);
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
