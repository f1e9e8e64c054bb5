#include "data/dataset.hpp"

#include <charconv>

#include "data/image_file.hpp"
#include "data/synth.hpp"
#include "engine/core/error.hpp"

namespace fpanet {

namespace {

/// Loads an image file and resizes it to `size`; `read` is read_image or read_mask.
ResizedImage fetch(const std::optional<ImageCache>& cache, const std::filesystem::path& path,
                   const ImageSize& size, Interpolation interpolation,
                   Image (*read)(const std::filesystem::path&)) {
  const auto make = [&]() -> ResizedImage {
    const Image image = read(path);
    return {resize(image, size, interpolation), {image.height, image.width}};
  };
  return cache ? cache->get(path, size, interpolation, make) : make();
}

}  // namespace

std::vector<std::string> Dataset::ids() const {
  std::vector<std::string> all;
  for (Index i = 0; i < size(); ++i) all.push_back(id(i));
  return all;
}

FolderDataset::FolderDataset(const std::filesystem::path& dir, DatasetOptions options)
    : scenes_(paired_scenes(dir)),
      classes_(ClassTable::read(find_class_table(dir))),
      options_(std::move(options)) {
  // Images of native size are not cached, because decoded they are far larger than their files.
  if (options_.cache_folder && !options_.size.native()) cache_.emplace(*options_.cache_folder);
}

Scene FolderDataset::load(Index scene) const {
  const ScenePaths& files = paths(scene);
  ResizedImage image = fetch(cache_, files.image, options_.size, Interpolation::linear, read_image);
  const ResizedImage mask =
      fetch(cache_, files.mask, options_.size, Interpolation::nearest, read_mask);
  require_mask_fits(files, image.source, mask.source);
  try {
    return {std::move(image.image), labels_from_mask(mask.image, classes_, options_.mask_policy)};
  } catch (const Error& error) {
    fail("{}: {}", files.mask.string(), error.what());
  }
}

SyntheticDataset::SyntheticDataset(Index count, const ImageSize& size, std::uint64_t seed)
    : count_(count), size_(size), seed_(seed) {
  require(count >= 1, "synthetic data: {} scenes, expected at least 1", count);
  require(!size.native(), "synthetic data has no native size: give --image-size 320 or HxW");
}

std::string SyntheticDataset::id(Index scene) const {
  return fmt::format("{:04}", scene);
}

Scene SyntheticDataset::load(Index scene) const {
  return synthesize(seed_, scene, size_);
}

std::unique_ptr<Dataset> open_dataset(std::string_view data, const DatasetOptions& options,
                                      std::uint64_t seed) {
  constexpr std::string_view kSynthetic = "synthetic";
  constexpr Index kDefaultCount = 64;
  if (data == kSynthetic) {
    return std::make_unique<SyntheticDataset>(kDefaultCount, options.size, seed);
  }
  if (data.starts_with(kSynthetic) && data[kSynthetic.size()] == ':') {
    const std::string_view text = data.substr(kSynthetic.size() + 1);
    Index count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    require(error == std::errc{} && end == text.data() + text.size() && count >= 1,
            "data '{}': expected synthetic:COUNT with COUNT from 1 on", data);
    return std::make_unique<SyntheticDataset>(count, options.size, seed);
  }
  return std::make_unique<FolderDataset>(data, options);
}

}  // namespace fpanet
