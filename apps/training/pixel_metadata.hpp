#pragma once
// What a model reads of a picture (data/pixel_format.hpp) in the metadata of a weight file:
// "fpanet.bands" as --bands takes it, "fpanet.sample_type", and "fpanet.scale", a list of [low,high]
// for each band.

#include <optional>
#include <string>

#include "data/pixel_format.hpp"
#include "engine/weights/metadata.hpp"

namespace fpanet {

void write_pixels(const PixelFormat& pixels, Metadata& metadata);
/// Nothing if the metadata do not tell it. Throws Error naming `source` for what cannot be parsed.
std::optional<PixelFormat> read_pixels(const Metadata& metadata, const std::string& source);

}  // namespace fpanet
