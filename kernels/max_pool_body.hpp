#pragma once

#include "engine/core/index.hpp"
#include "kernels/base/body.hpp"

namespace fpanet::kernels::body {

/// The half-open range [begin, end).
struct Range {
  Index begin = 0, end = 0;
};

/// The taps u of output window `i` that lie inside [0, size).
FPANET_HD inline Range taps_inside(Index i, Index size, Index kernel, Index stride, Index padding) {
  const Index first = i * stride - padding;
  return {first < 0 ? -first : 0, size - first < kernel ? size - first : kernel};
}

/// The output windows, of `outputs` in total, that contain input position `a`.
FPANET_HD inline Range windows_over(Index a, Index outputs, Index kernel, Index stride,
                                    Index padding) {
  const Index reach = a + padding;
  const Index begin = reach < kernel ? 0 : (reach - kernel) / stride + 1;
  const Index end = reach / stride + 1;
  return {begin, end < outputs ? end : outputs};
}

/// Whether a later `value` replaces the best value so far. A NaN always does, and is never replaced
/// by a number.
template <class T>
FPANET_HD inline bool beats(T value, T best) {
  return value > best || value != value;
}

}  // namespace fpanet::kernels::body
