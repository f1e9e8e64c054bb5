#pragma once
// What the samples of a band are like over many images.

#include <array>
#include <cmath>
#include <cstdint>
#include <functional>
#include <optional>
#include <type_traits>
#include <vector>

#include "data/image.hpp"
#include "engine/core/band_scale.hpp"

namespace fpanet {

/// Whether a sample is missing: the file's nodata value, NaN or infinite.
template <class T>
bool is_missing(T sample, const std::optional<double>& nodata) {
  if constexpr (std::is_same_v<T, float>) {
    if (!std::isfinite(sample)) return true;
  }
  return nodata && static_cast<double>(sample) == *nodata;
}

/// Range and missing samples of one band.
struct BandRange {
  double smallest = 0, largest = 0;  ///< of the samples that are not missing
  Index samples = 0, missing = 0;    ///< `samples` counts the missing ones, too

  void add(const BandRange& other);
};

/// For each band of the image.
std::vector<BandRange> band_ranges(const Image& image);

/// The images of a pass: calls its argument with one after the other.
using ImagePass = std::function<void(const std::function<void(const Image&)>&)>;

/// The 0.1 and 99.9 percentiles of each band over all samples that are not missing, exactly, with
/// numpy's linear interpolation between neighbours. All images must have the same type and bands;
/// `pass` is called twice for f32, once for the other types. A band in which these are equal gets a
/// small range above. Throws Error, naming the band, if all samples of a band are missing.
BandScale percentile_scale(const ImagePass& pass, int threads);

}  // namespace fpanet
