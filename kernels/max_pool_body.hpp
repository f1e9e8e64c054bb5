#pragma once

#include "engine/core/index.hpp"
#include "kernels/base/body.hpp"

namespace fpanet::kernels::body {

/// Half-open range.
struct Range {
  Index begin = 0, end = 0;
};

/// Taps u of output window `i` that lie inside [0, size).
FPANET_HD inline Range taps_inside(Index i, Index size, Index kernel, Index stride, Index padding) {
  const Index first = i * stride - padding;
  return {first < 0 ? -first : 0, size - first < kernel ? size - first : kernel};
}

/// Output windows, of `outputs` in all, that contain input position `a`.
FPANET_HD inline Range windows_over(Index a, Index outputs, Index kernel, Index stride,
                                    Index padding) {
  const Index reach = a + padding;
  const Index begin = reach < kernel ? 0 : (reach - kernel) / stride + 1;
  const Index end = reach / stride + 1;
  return {begin, end < outputs ? end : outputs};
}

/// Whether a later `value` takes over from the best so far; NaN does and stays.
template <class T>
FPANET_HD inline bool beats(T value, T best) {
  return value > best || value != value;
}

}  // namespace fpanet::kernels::body
