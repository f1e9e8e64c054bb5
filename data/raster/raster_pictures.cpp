#include "data/raster/raster_pictures.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "data/raster/fill_missing.hpp"
#include "data/raster/ground.hpp"
#include "engine/core/error.hpp"

namespace fpanet {
namespace {

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

/// Pixels where an image or a mask has no data get no label.
void ignore_missing(Image& labels, const std::vector<std::uint8_t>& valid) {
  for (std::size_t i = 0; i < valid.size(); ++i) {
    if (valid[i] == 0) labels.pixels[i] = kIgnoreByte;
  }
}

/// The part of a picture's image under a window on its grid.
SourceWindow source_of(const RasterPicture& picture, const Window& window) {
  SourceWindow from = picture.grid.source(window);
  from.top += static_cast<double>(picture.region.top);
  from.left += static_cast<double>(picture.region.left);
  return from;
}

}  // namespace

RasterPicture RasterPictureReader::open(RasterPair pair) const {
  RasterPicture picture{.pair = std::move(pair)};
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
  picture.grid = same_grid({region.height, region.width});
  return picture;
}

ReaderPool::Lease RasterPictureReader::open_image(const RasterPicture& picture) const {
  return images_.take(picture.pair.image, {.bands = bands_.numbers()});
}

ReaderPool::Lease RasterPictureReader::open_mask(const RasterPicture& picture) const {
  RasterOptions how{.labels = true};
  how.bands = picture.mask_has_colors ? std::vector<Index>{1, 2, 3} : std::vector<Index>{1};
  return masks_.take(picture.pair.mask, how);
}

std::vector<std::uint8_t> RasterPictureReader::read_valid(const RasterPicture& picture,
                                                          const Window& window) const {
  const auto reader = open_image(picture);
  if (!picture.grid.is_same()) {
    return reader->read(source_of(picture, window), window.height, window.width).valid;
  }
  return reader->read_valid({picture.region.top + window.top, picture.region.left + window.left,
                             window.height, window.width});
}

RasterPatch RasterPictureReader::read_image(const RasterPicture& picture,
                                            const Window& window) const {
  return open_image(picture)->read(source_of(picture, window), window.height, window.width);
}

RasterPatch RasterPictureReader::read_mask(const RasterPicture& picture,
                                           const Window& window) const {
  RasterPatch patch =
      open_mask(picture)->read(source_of(picture, window), window.height, window.width);
  if (picture.mask_has_colors) return patch;
  try {
    patch.pixels = as_bytes(patch.pixels, patch.valid);
  } catch (const Error& error) {
    fail("{}: {}; the classes of {} are {}", picture.pair.mask.string(), error.what(), table_,
         classes_.size());
  }
  ignore_missing(patch.pixels, patch.valid);
  return patch;
}

LabelMap RasterPictureReader::labels_of(const RasterPicture& picture, RasterPatch patch) const {
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
    labels = labels_from_mask(patch.pixels, classes_, policy_);
  } catch (const Error& error) {
    fail("{}: {}", picture.pair.mask.string(), error.what());
  }
  ignore_missing(labels.labels, patch.valid);
  return labels;
}

Scene RasterPictureReader::read(const RasterPicture& picture, const Window& window,
                                LabelMap labels) const {
  RasterPatch patch = read_image(picture, window);
  ignore_missing(labels.labels, patch.valid);
  fill_missing(patch);
  patch.pixels.nodata.reset();
  return {std::move(patch.pixels), std::move(labels)};
}

}  // namespace fpanet
