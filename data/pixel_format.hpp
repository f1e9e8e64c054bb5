#pragma once
// What a model reads of a picture: which bands, what type their samples have, and how these become
// numbers from 0 to 1.

#include <optional>
#include <string>
#include <string_view>

#include "data/bands.hpp"
#include "engine/core/band_scale.hpp"

namespace fpanet {

struct PixelFormat {
  Bands bands = {};
  DType type = DType::u8;
  BandScale scale = BandScale::bytes();
  bool operator==(const PixelFormat&) const = default;
};

/// --scale: "auto" (nothing) or "LOW,HIGH". Throws Error for anything else, or unless LOW < HIGH.
std::optional<BandScale> parse_scale(std::string_view text);

/// A picture for people: RGB of 8 bits. Shows three bands of an image that has the bands of `format`;
/// `show` names three bands of the picture, or one for gray. Bytes on the scale 0..255 are shown as
/// they are.
Image rgb_preview(const Image& image, const PixelFormat& format, const Bands& show);
/// The bands that rgb_preview shows if nobody chose them: the first three, or the first as gray.
Bands preview_bands(const Bands& bands);
/// Throws Error unless `show` names one or three of `bands`.
void check_preview(const Bands& show, const Bands& bands);

}  // namespace fpanet
