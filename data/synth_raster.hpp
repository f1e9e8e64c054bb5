#pragma once

#include <cstdint>
#include <filesystem>

#include "data/synth.hpp"

namespace fpanet {

/// Creates `dir` and writes `count` georeferenced scenes of any size into it: ID_sat.tif, ID_mask.tif (class
/// indices with names and colours) and class_dict.csv. A scene is a mosaic of synthetic scenes of 1024x1024, so
/// that memory grows with its width only. Pixels of half a metre lie in UTM zone 33 (EPSG:32633), one scene east
/// of the other. Throws Error if `dir` is not empty or a file cannot be written, and in a build without GDAL.
void write_synthetic_rasters(const std::filesystem::path& dir, Index count, const ImageSize& size,
                             std::uint64_t seed, int threads, const SynthPixels& pixels = {});

}  // namespace fpanet
