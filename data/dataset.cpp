#include "data/dataset.hpp"

#include <algorithm>

#include "data/image_file.hpp"
#include "data/image_orientation.hpp"
#include "data/raster_dataset.hpp"
#include "data/synth.hpp"
#include "engine/core/device.hpp"
#include "engine/core/error.hpp"
#include "engine/core/parse_number.hpp"

namespace fpanet {

namespace {

/// Loads an image file by read() and resizes it to `size`.
template <class Read>
ResizedImage fetch(const ImageCache* cache, const std::filesystem::path& path,
                   const ImageSize& size, Interpolation interpolation, const Bands& bands,
                   const Read& read) {
  const auto make = [&]() -> ResizedImage {
    const Image image = read();
    return {resize(image, size, interpolation), {image.height, image.width}};
  };
  return cache ? cache->get(path, size, interpolation, bands, make) : make();
}

constexpr std::string_view kSynthName = "a synthetic scene";

/// The number of bands to generate, as far as there are any.
Index synth_bands(const Bands& bands) {
  const Index highest = *std::ranges::max_element(bands.numbers());
  return std::clamp<Index>(highest, 3, kSynthBands);
}

}  // namespace

void require_same_samples(const Scene& a, const std::string& a_id, const Scene& b,
                          const std::string& b_id) {
  const auto str = [](const Image& image) {
    return fmt::format("{} bands of {}", image.channels, name_of(image.type));
  };
  require(a.image.type == b.image.type && a.image.channels == b.image.channels,
          "all images need the same sample type, but '{}' has {} and '{}' has {}", a_id,
          str(a.image), b_id, str(b.image));
}

std::vector<std::string> Dataset::ids() const {
  std::vector<std::string> all;
  for (Index i = 0; i < size(); ++i) all.push_back(id(i));
  return all;
}

std::vector<std::string> Dataset::picture_ids() const {
  std::vector<std::string> all;
  for (Index i = 0; i < pictures(); ++i) all.push_back(picture_id(i));
  return all;
}

Scene Dataset::load_random(Index scene, const RandomWindow& /*window*/) const {
  fail("'{}': the data are not read by windows", id(scene));
}

Split Dataset::scenes_of(const Split& split) const {
  std::vector<std::vector<Index>> of_picture(static_cast<std::size_t>(pictures()));
  for (Index scene = 0; scene < size(); ++scene) {
    of_picture[static_cast<std::size_t>(picture_of(scene))].push_back(scene);
  }
  const auto scenes = [&](const std::vector<Index>& part) {
    std::vector<Index> all;
    for (const Index picture : part) {
      const auto& own = of_picture[static_cast<std::size_t>(picture)];
      all.insert(all.end(), own.begin(), own.end());
    }
    return all;
  };
  return {scenes(split.train), scenes(split.val), scenes(split.test)};
}

FolderDataset::FolderDataset(const std::filesystem::path& dir, DatasetOptions options)
    : scenes_(paired_scenes(dir, options.mask_policy)),
      classes_(ClassTable::read(find_class_table(dir))),
      coding_(find_mask_coding(masks_of(scenes_), classes_, default_threads())),
      options_(std::move(options)) {
  // Images of native size are not cached, because decoded they are far larger than their files.
  if (options_.cache_folder && !options_.size.native()) cache_.emplace(*options_.cache_folder);
}

Scene FolderDataset::load(Index scene) const {
  return load(scene, options_.size, cache_ ? &*cache_ : nullptr);
}

Scene FolderDataset::load_native(Index scene) const {
  return load(scene, {}, nullptr);
}

Scene FolderDataset::load(Index scene, const ImageSize& size, const ImageCache* cache) const {
  const ScenePaths& files = paths(scene);
  ResizedImage image = fetch(cache, files.image, size, Interpolation::linear, options_.bands,
                             [&] { return read_image(files.image, {.bands = options_.bands}); });
  const ResizedImage mask = fetch(cache, files.mask, size, Interpolation::nearest, {},
                                  [&] { return read_mask(files.mask); });
  require_mask_fits(files, image.source, mask.source);
  try {
    const std::string& problem = coding_.problems[static_cast<std::size_t>(scene)];
    require(problem.empty(), "{}", problem);
    return {std::move(image.image),
            labels_from_mask(mask.image, classes_, options_.mask_policy, coding_.gray),
            turned_unseen(files.image, image.source)};
  } catch (const Error& error) {
    fail("{}: {}", files.mask.string(), error.what());
  }
}

SyntheticDataset::SyntheticDataset(Index count, const ImageSize& size, std::uint64_t seed,
                                   Bands bands, DType type)
    : count_(count), size_(size), seed_(seed), bands_(std::move(bands)), type_(type) {
  constexpr Index kMostScenes = 1'000'000;
  require(count >= 1 && count <= kMostScenes, "synthetic data: {} scenes, expected 1 to {}", count,
          kMostScenes);
  require(!size.native(), "synthetic data has no native size: give --image-size 320 or HxW");
  select_bands(Image(1, 1, synth_bands(bands_)), bands_, kSynthName);
}

std::string SyntheticDataset::id(Index scene) const {
  return fmt::format("{:04}", scene);
}

Scene SyntheticDataset::load(Index scene) const {
  Scene made = synthesize(seed_, scene, size_, {synth_bands(bands_), type_});
  made.image = select_bands(std::move(made.image), bands_, kSynthName);
  return made;
}

Scene SyntheticDataset::load_native(Index) const {
  fail("synthetic data has no native size");
}

std::unique_ptr<Dataset> open_dataset(std::string_view data, const DatasetOptions& options,
                                      std::uint64_t seed) {
  constexpr std::string_view kSynthetic = "synthetic";
  constexpr Index kDefaultCount = 64;
  if (data == kSynthetic) {
    return std::make_unique<SyntheticDataset>(kDefaultCount, options.size, seed, options.bands);
  }
  if (data.starts_with(kSynthetic) && data[kSynthetic.size()] == ':') {
    const std::string_view text = data.substr(kSynthetic.size() + 1);
    const auto count = parse_number<Index>(text);
    require(count && *count >= 1, "data '{}': expected synthetic:COUNT with COUNT from 1 on", data);
    return std::make_unique<SyntheticDataset>(*count, options.size, seed, options.bands);
  }
  if (is_raster_data(data)) return std::make_unique<RasterDataset>(data, options);
  return std::make_unique<FolderDataset>(data, options);
}

}  // namespace fpanet
