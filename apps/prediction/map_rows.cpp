#include "apps/prediction/map_rows.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

#include "engine/core/error.hpp"

namespace fpanet {
namespace {

template <class T>
void append_bytes(std::vector<std::uint8_t>& bytes, const std::vector<T>& values) {
  const auto* const begin = reinterpret_cast<const std::uint8_t*>(values.data());
  bytes.insert(bytes.end(), begin, begin + values.size() * sizeof(T));
}

template <class T>
std::vector<T> split_off(std::span<const std::uint8_t>& bytes, std::size_t count) {
  std::vector<T> values(count);
  if (count > 0) std::memcpy(values.data(), bytes.data(), count * sizeof(T));
  bytes = bytes.subspan(count * sizeof(T));
  return values;
}

}  // namespace

void MapRows::add_row(const MapContents& contents) {
  constexpr float kNone = std::numeric_limits<float>::quiet_NaN();
  const std::size_t pixels = labels.size() + static_cast<std::size_t>(width);
  labels.resize(pixels, kNoDataLabel);
  if (contents.confidence) confidence.resize(pixels, kNone);
  if (contents.probabilities) {
    probabilities.resize(pixels * static_cast<std::size_t>(contents.classes), kNone);
  }
  ++height;
}

void MapRows::set_pixel(std::size_t i, const float* values, const MapContents& contents) {
  const float* const end = values + contents.classes;
  const float* const best = std::max_element(values, end);
  labels[i] = static_cast<std::uint8_t>(best - values);
  if (contents.confidence) confidence[i] = std::min(*best, 1.0F);
  if (contents.probabilities) {
    std::copy(values, end, probabilities.data() + i * static_cast<std::size_t>(contents.classes));
  }
}

std::vector<std::uint8_t> pack(const MapRows& rows) {
  std::vector<std::uint8_t> bytes;
  bytes.reserve(rows.labels.size() +
                sizeof(float) * (rows.confidence.size() + rows.probabilities.size()));
  append_bytes(bytes, rows.labels);
  append_bytes(bytes, rows.confidence);
  append_bytes(bytes, rows.probabilities);
  return bytes;
}

MapRows unpack(std::span<const std::uint8_t> bytes, Index width, const MapContents& contents) {
  const auto classes = static_cast<std::size_t>(contents.classes);
  const std::size_t pixel_bytes =
      1 + sizeof(float) * ((contents.confidence ? 1U : 0U) +
                           (contents.probabilities ? classes : std::size_t{0}));
  const std::size_t row_bytes = pixel_bytes * static_cast<std::size_t>(width);
  require(bytes.size() % row_bytes == 0, "unfinished map: {} bytes are no rows of {}", bytes.size(),
          row_bytes);
  const std::size_t pixels = bytes.size() / pixel_bytes;
  MapRows rows{.height = static_cast<Index>(bytes.size() / row_bytes), .width = width};
  rows.labels = split_off<std::uint8_t>(bytes, pixels);
  rows.confidence = split_off<float>(bytes, contents.confidence ? pixels : 0);
  rows.probabilities = split_off<float>(bytes, contents.probabilities ? pixels * classes : 0);
  return rows;
}

}  // namespace fpanet
