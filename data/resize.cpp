#include "data/resize.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#include "engine/core/error.hpp"

namespace fpanet {

namespace {

constexpr int kWeightBits = 11;

/// The ratio of source to destination size, rounded twice as in OpenCV.
double scale_of(Index from, Index to) {
  return 1.0 / (static_cast<double>(to) / static_cast<double>(from));
}

std::int32_t fixed_point(float weight) {
  return static_cast<std::int32_t>(std::lrintf(weight * static_cast<float>(1 << kWeightBits)));
}

/// OpenCV's arithmetic on samples of type T, between two columns and between two rows.
template <class T>
struct Blend;

/// 11-bit fixed point.
template <>
struct Blend<std::uint8_t> {
  using Sum = std::int32_t;  ///< of two columns
  struct Weights {
    std::int32_t first, second;
  };
  static Weights weights(float fraction) {
    return {fixed_point(1.0f - fraction), fixed_point(fraction)};
  }
  static Sum columns(std::uint8_t a, std::uint8_t b, const Weights& w) {
    return a * w.first + b * w.second;
  }
  static std::uint8_t rows(Sum a, Sum b, const Weights& w) {
    const std::int32_t sum = ((w.first * (a >> 4)) >> 16) + ((w.second * (b >> 4)) >> 16);
    return static_cast<std::uint8_t>((sum + 2) >> 2);
  }
};

/// float; 16-bit samples are rounded to nearest, ties to even.
template <class T>
struct Blend {
  using Sum = float;
  struct Weights {
    float first, second;
  };
  static Weights weights(float fraction) { return {1.0f - fraction, fraction}; }
  static Sum columns(T a, T b, const Weights& w) {
    return static_cast<float>(a) * w.first + static_cast<float>(b) * w.second;
  }
  static T rows(Sum a, Sum b, const Weights& w) {
    const float value = a * w.first + b * w.second;
    if constexpr (std::is_same_v<T, float>) {
      return value;
    } else {
      using Limits = std::numeric_limits<T>;
      return static_cast<T>(std::clamp<long>(std::lrintf(value), Limits::min(), Limits::max()));
    }
  }
};

/// Two source positions and their weights for one destination position.
template <class T>
struct Tap {
  Index first = 0, second = 0;
  typename Blend<T>::Weights weights{};
};

/// With `clamp_fraction`, which OpenCV uses for columns, positions outside the image give their
/// whole weight to the edge. Without it, as for rows, they keep their fraction and use the edge
/// twice. The results round differently.
template <class T>
std::vector<Tap<T>> linear_taps(Index from, Index to, bool clamp_fraction) {
  const double scale = scale_of(from, to);
  std::vector<Tap<T>> taps(static_cast<std::size_t>(to));
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
                                         Blend<T>::weights(fraction)};
  }
  return taps;
}

/// `channels`: those of the image, as a constant if they are common.
template <class T, class Channels>
void blend_columns(const T* row, const std::vector<Tap<T>>& taps, Channels channels,
                   typename Blend<T>::Sum* out) {
  for (const Tap<T>& tap : taps) {
    const T* a = row + tap.first * channels;
    const T* b = row + tap.second * channels;
    for (Index c = 0; c < channels; ++c) *out++ = Blend<T>::columns(a[c], b[c], tap.weights);
  }
}

template <class T>
const T* row_of(const Image& image, Index y) {
  return reinterpret_cast<const T*>(image.row(y));
}
template <class T>
T* row_of(Image& image, Index y) {
  return reinterpret_cast<T*>(image.row(y));
}

/// Rows of the source with blended columns. The last two are kept, because upscaling uses each of
/// them several times.
template <class T>
class BlendedRows {
 public:
  using Sum = typename Blend<T>::Sum;

  BlendedRows(const Image& image, const std::vector<Tap<T>>& columns)
      : image_(image), columns_(columns) {
    const std::size_t row_size = columns.size() * static_cast<std::size_t>(image.channels);
    for (Slot& slot : slots_) slot.values.resize(row_size);
  }

  /// The result is valid until two other rows have been requested.
  const Sum* row(Index y) {
    for (const Slot& slot : slots_) {
      if (slot.y == y) return slot.values.data();
    }
    Slot& slot = slots_[next_];
    next_ = 1 - next_;
    slot.y = y;
    const T* const from = row_of<T>(image_, y);
    if (image_.channels == 3) {
      blend_columns(from, columns_, std::integral_constant<Index, 3>{}, slot.values.data());
    } else {
      blend_columns(from, columns_, image_.channels, slot.values.data());
    }
    return slot.values.data();
  }

 private:
  struct Slot {
    Index y = -1;
    std::vector<Sum> values;
  };

  const Image& image_;
  const std::vector<Tap<T>>& columns_;
  Slot slots_[2];
  std::size_t next_ = 0;
};

template <class T>
void resize_linear(const Image& image, Image& out) {
  const std::vector<Tap<T>> columns = linear_taps<T>(image.width, out.width, true);
  const std::vector<Tap<T>> rows = linear_taps<T>(image.height, out.height, false);
  BlendedRows<T> blended(image, columns);
  const Index count = out.width * out.channels;
  for (Index y = 0; y < out.height; ++y) {
    const Tap<T>& tap = rows[static_cast<std::size_t>(y)];
    const auto* a = blended.row(tap.first);
    const auto* b = blended.row(tap.second);
    T* const to = row_of<T>(out, y);
    for (Index i = 0; i < count; ++i) to[i] = Blend<T>::rows(a[i], b[i], tap.weights);
  }
}

/// Exactly half the size in both directions, for which OpenCV averages 2x2 samples. The rounding of
/// integers and the order of float sums depend on the number of channels and on whether
/// OpenCV computes four columns at a time.
template <class T>
void halve(const Image& image, Image& out) {
  const Index channels = image.channels;
  const bool rounds_up = channels == 1 || channels == 3 || channels == 4;
  const Index in_fours = channels == 1 ? out.width / 4 * 4 : channels == 4 ? out.width : 0;
  for (Index y = 0; y < out.height; ++y) {
    const T* const upper = row_of<T>(image, 2 * y);
    const T* const lower = row_of<T>(image, 2 * y + 1);
    T* const to = row_of<T>(out, y);
    for (Index x = 0; x < out.width; ++x) {
      for (Index c = 0; c < channels; ++c) {
        const Index left = 2 * x * channels + c, right = left + channels;
        T& result = to[x * channels + c];
        if constexpr (std::is_same_v<T, float>) {
          const float top = upper[left] + upper[right];
          result = 0.25f * (x < in_fours ? top + (lower[left] + lower[right])
                                         : top + lower[left] + lower[right]);
        } else {
          const int sum = upper[left] + upper[right] + lower[left] + lower[right];
          const int tie_to_even = (sum & 3) == 2 && (sum >> 2 & 1) == 0 ? 0 : 2;
          result = static_cast<T>((sum + (rounds_up ? 2 : tie_to_even)) >> 2);
        }
      }
    }
  }
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

void resize_nearest(const Image& image, Image& out) {
  const std::vector<Index> columns = nearest_sources(image.width, out.width);
  const std::vector<Index> rows = nearest_sources(image.height, out.height);
  const Index bytes = image.pixel_bytes();
  for (Index y = 0; y < out.height; ++y) {
    const std::uint8_t* from = image.row(rows[static_cast<std::size_t>(y)]);
    std::uint8_t* to = out.row(y);
    for (const Index x : columns) to = std::copy_n(from + x * bytes, bytes, to);
  }
}

}  // namespace

Image resize(const Image& image, const ImageSize& size, Interpolation interpolation) {
  require(image.height >= 1 && image.width >= 1, "resize: the image is empty ({})",
          image.size_str());
  if (size.native() || (size.height == image.height && size.width == image.width)) return image;
  Image out(size.height, size.width, image.channels, image.type);
  out.nodata = image.nodata;
  if (interpolation == Interpolation::nearest) {
    resize_nearest(image, out);
    return out;
  }
  const bool half = image.height == 2 * size.height && image.width == 2 * size.width;
  visit_sample_type(image.type, [&]<class T>(T) {
    if (half) {
      halve<T>(image, out);
    } else {
      resize_linear<T>(image, out);
    }
  });
  return out;
}

}  // namespace fpanet
