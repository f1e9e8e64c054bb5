#include "data/raster/fill_missing.hpp"

#include <cmath>

namespace fpanet {
namespace {

template <class T>
bool is_present(T sample, bool valid, const std::optional<double>& nodata) {
  if (!valid) return false;
  if constexpr (std::is_same_v<T, float>) {
    if (!std::isfinite(sample)) return false;
  }
  if constexpr (std::is_signed_v<T>) return !nodata || static_cast<double>(sample) != *nodata;
  return true;
}

template <class T>
void fill_band(RasterPatch& patch, std::size_t band) {
  const auto samples = patch.pixels.samples<T>();
  const auto channels = static_cast<std::size_t>(patch.pixels.channels);
  const auto present = [&](std::size_t i) {
    return is_present(samples[i * channels + band], patch.valid[i] != 0, patch.pixels.nodata);
  };
  double sum = 0;
  std::size_t count = 0;
  for (std::size_t i = 0; i < patch.valid.size(); ++i) {
    if (!present(i)) continue;
    sum += static_cast<double>(samples[i * channels + band]);
    ++count;
  }
  if (count == patch.valid.size()) return;
  double mean = count == 0 ? 0 : sum / static_cast<double>(count);
  if constexpr (!std::is_same_v<T, float>) mean = std::nearbyint(mean);
  for (std::size_t i = 0; i < patch.valid.size(); ++i) {
    if (!present(i)) samples[i * channels + band] = static_cast<T>(mean);
  }
}

}  // namespace

void fill_missing(RasterPatch& patch) {
  visit_sample_type(patch.pixels.type, [&]<class T>(T) {
    for (Index band = 0; band < patch.pixels.channels; ++band) {
      fill_band<T>(patch, static_cast<std::size_t>(band));
    }
  });
}

}  // namespace fpanet
