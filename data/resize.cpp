#include "data/resize.hpp"

#include <algorithm>
#include <cmath>

#include "engine/core/error.hpp"

namespace fpanet {

namespace {

constexpr int kWeightBits = 11;

/// The ratio of source to destination size, rounded twice as in OpenCV.
double scale_of(Index from, Index to) {
  return 1.0 / (static_cast<double>(to) / static_cast<double>(from));
}

/// Two source positions and their weights (11-bit fixed point) for one destination position.
struct Tap {
  Index first = 0, second = 0;
  std::int32_t first_weight = 0, second_weight = 0;
};

std::int32_t fixed_point(float weight) {
  return static_cast<std::int32_t>(std::lrintf(weight * static_cast<float>(1 << kWeightBits)));
}

/// With `clamp_fraction`, which OpenCV uses for columns, positions outside the image give their
/// whole weight to the edge. Without it, as for rows, they keep their fraction and use the edge
/// twice. The results round differently.
std::vector<Tap> linear_taps(Index from, Index to, bool clamp_fraction) {
  const double scale = scale_of(from, to);
  std::vector<Tap> taps(static_cast<std::size_t>(to));
  for (Index i = 0; i < to; ++i) {
    const auto position = static_cast<float>((static_cast<double>(i) + 0.5) * scale - 0.5);
    auto source = static_cast<Index>(std::floor(position));
    float fraction = position - static_cast<float>(source);
    if (clamp_fraction && (source < 0 || source >= from - 1)) {
      source = std::clamp<Index>(source, 0, from - 1);
      fraction = 0.0f;
    }
    taps[static_cast<std::size_t>(i)] = {std::clamp<Index>(source, 0, from - 1),
                                         std::clamp<Index>(source + 1, 0, from - 1),
                                         fixed_point(1.0f - fraction), fixed_point(fraction)};
  }
  return taps;
}

template <int kChannels>
void blend_columns(const std::uint8_t* row, const std::vector<Tap>& taps, std::int32_t* out) {
  for (const Tap& tap : taps) {
    const std::uint8_t* a = row + tap.first * kChannels;
    const std::uint8_t* b = row + tap.second * kChannels;
    for (int c = 0; c < kChannels; ++c) {
      *out++ = a[c] * tap.first_weight + b[c] * tap.second_weight;
    }
  }
}

void blend_columns(const Image& image, Index y, const std::vector<Tap>& taps, std::int32_t* out) {
  const std::uint8_t* row = image.row(y);
  if (image.channels == 3) return blend_columns<3>(row, taps, out);
  for (const Tap& tap : taps) {
    for (Index c = 0; c < image.channels; ++c) {
      *out++ = row[tap.first * image.channels + c] * tap.first_weight +
               row[tap.second * image.channels + c] * tap.second_weight;
    }
  }
}

void blend_rows(const std::int32_t* a, const std::int32_t* b, const Tap& tap, Index count,
                std::uint8_t* out) {
  for (Index i = 0; i < count; ++i) {
    const std::int32_t sum =
        ((tap.first_weight * (a[i] >> 4)) >> 16) + ((tap.second_weight * (b[i] >> 4)) >> 16);
    out[i] = static_cast<std::uint8_t>((sum + 2) >> 2);
  }
}

/// Rows of the source with blended columns. The last two are kept, because upscaling uses each of
/// them several times.
class BlendedRows {
 public:
  BlendedRows(const Image& image, const std::vector<Tap>& columns)
      : image_(image), columns_(columns) {
    const std::size_t row_size = columns.size() * static_cast<std::size_t>(image.channels);
    for (Slot& slot : slots_) slot.values.resize(row_size);
  }

  /// The result is valid until two other rows have been requested.
  const std::int32_t* row(Index y) {
    for (const Slot& slot : slots_) {
      if (slot.y == y) return slot.values.data();
    }
    Slot& slot = slots_[next_];
    next_ = 1 - next_;
    slot.y = y;
    blend_columns(image_, y, columns_, slot.values.data());
    return slot.values.data();
  }

 private:
  struct Slot {
    Index y = -1;
    std::vector<std::int32_t> values;
  };

  const Image& image_;
  const std::vector<Tap>& columns_;
  Slot slots_[2];
  std::size_t next_ = 0;
};

Image resize_linear(const Image& image, const ImageSize& size) {
  const std::vector<Tap> columns = linear_taps(image.width, size.width, true);
  const std::vector<Tap> rows = linear_taps(image.height, size.height, false);
  BlendedRows blended(image, columns);
  Image out(size.height, size.width, image.channels);
  for (Index y = 0; y < size.height; ++y) {
    const Tap& tap = rows[static_cast<std::size_t>(y)];
    const std::int32_t* a = blended.row(tap.first);
    const std::int32_t* b = blended.row(tap.second);
    blend_rows(a, b, tap, out.row_bytes(), out.row(y));
  }
  return out;
}

std::vector<Index> nearest_sources(Index from, Index to) {
  const double scale = scale_of(from, to);
  std::vector<Index> sources(static_cast<std::size_t>(to));
  for (Index i = 0; i < to; ++i) {
    const auto source = static_cast<Index>(std::floor(static_cast<double>(i) * scale));
    sources[static_cast<std::size_t>(i)] = std::min(source, from - 1);
  }
  return sources;
}

Image resize_nearest(const Image& image, const ImageSize& size) {
  const std::vector<Index> columns = nearest_sources(image.width, size.width);
  const std::vector<Index> rows = nearest_sources(image.height, size.height);
  Image out(size.height, size.width, image.channels);
  for (Index y = 0; y < size.height; ++y) {
    const std::uint8_t* from = image.row(rows[static_cast<std::size_t>(y)]);
    std::uint8_t* to = out.row(y);
    for (const Index x : columns) to = std::copy_n(from + x * image.channels, image.channels, to);
  }
  return out;
}

}  // namespace

Image resize(const Image& image, const ImageSize& size, Interpolation interpolation) {
  require(image.height >= 1 && image.width >= 1, "resize: the image is empty ({})",
          image.size_str());
  if (size.native() || (size.height == image.height && size.width == image.width)) return image;
  return interpolation == Interpolation::linear ? resize_linear(image, size)
                                                : resize_nearest(image, size);
}

}  // namespace fpanet
