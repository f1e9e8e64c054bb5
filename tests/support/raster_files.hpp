#pragma once
// Rasters of tests, and what other programs say of them.

#include <doctest/doctest.h>
#include <stdio.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include "data/raster/raster_writer.hpp"

namespace fpanet::test {

/// What a command prints on both streams.
inline std::string output_of(const std::string& command) {
  std::FILE* const pipe = ::popen((command + " 2>&1").c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string text;
  for (int c; (c = std::fgetc(pipe)) != EOF;) text += static_cast<char>(c);
  ::pclose(pipe);
  return text;
}

/// A place in Austria with square pixels of so many metres.
inline Georeference utm(double metres, double east = 500000) {
  return {.transform = {east, metres, 0, 5200000, 0, -metres}, .crs = "EPSG:32633"};
}

/// Writes the image as a raster, in pieces that do not fill its tiles.
inline void write_raster(const std::filesystem::path& file, const Image& image,
                         RasterSpec spec = {}) {
  constexpr Index kRows = 300;
  spec.height = image.height;
  spec.width = image.width;
  spec.bands = image.channels;
  spec.type = image.type;
  const auto writer = create_raster(file, spec);
  for (Index top = 0; top < image.height; top += kRows) {
    writer->write_rows(crop(image, {top, 0, std::min(kRows, image.height - top), image.width}));
  }
  writer->commit();
}

}  // namespace fpanet::test
