#pragma once
// --bands, --scale and --show-bands against what a model was trained on and what pictures have.

#include <string>
#include <string_view>

#include "apps/training/checkpoint.hpp"
#include "data/pixel_format.hpp"

namespace fpanet {

/// The values of the flags; an empty one means the checkpoint's.
struct PixelFlags {
  std::string bands = {};
  std::string scale = {};
  std::string show_bands = {};

  bool operator==(const PixelFlags&) const = default;
};

/// What the model of a file reads: what its metadata tell, else as many bands as its network takes,
/// as bytes.
PixelFormat pixels_of(const ModelFile& file);

/// The bands that --bands names, or those of the checkpoint. Throws UsageError unless they are as
/// many as the model takes.
Bands resolve_bands(const PixelFlags& flags, const PixelFormat& trained);

/// The format of pictures whose samples have type `type`: the scale is that of --scale or, for the
/// type that the model was trained on, of the checkpoint. Otherwise throws UsageError, which names
/// `picture` and what to give.
PixelFormat resolve_pixels(const PixelFlags& flags, const PixelFormat& trained, DType type,
                           std::string_view picture);

/// The bands to show. Throws UsageError for --show-bands that `bands` does not have.
Bands resolve_preview(const std::string& show_bands, const Bands& bands);

/// "image", or "image (bands 4,3,2)" if the bands that are shown are not the red, green and blue of
/// an RGB model.
std::string preview_title(const Bands& bands, const Bands& show);

}  // namespace fpanet
