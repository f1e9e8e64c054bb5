#pragma once
// Rows of a finished map, as they wait on the disk until the files are written (finished_rows.hpp).

#include <cstdint>
#include <span>
#include <vector>

#include "engine/core/shape.hpp"

namespace fpanet {

/// The label of pixels without data; no class has it.
inline constexpr std::uint8_t kNoDataLabel = 255;

/// What is kept of each pixel beside its label.
struct MapContents {
  Index classes = 0;
  bool confidence = false;     ///< the probability of the likeliest class
  bool probabilities = false;  ///< of all classes
};

/// Pixels without data have kNoDataLabel, and NaN for every probability.
struct MapRows {
  Index height = 0, width = 0;
  std::vector<std::uint8_t> labels = {};  ///< (height,width)
  std::vector<float> confidence = {};     ///< (height,width), or empty
  std::vector<float> probabilities = {};  ///< (height,width,classes), or empty

  /// Appends a row without data.
  void add_row(const MapContents& contents);
  /// Sets pixel `i` of all: its label is the likeliest class, among equals the lowest.
  void set_pixel(std::size_t i, const float* values, const MapContents& contents);
};

std::vector<std::uint8_t> pack(const MapRows& rows);
/// Throws Error if the bytes are no rows of this width.
MapRows unpack(std::span<const std::uint8_t> bytes, Index width, const MapContents& contents);

}  // namespace fpanet
