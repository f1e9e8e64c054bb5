#pragma once
// Divides the grid of a window into blocks and provides the source rows that a block reads. Where
// the window extends beyond the image, the rows contain zeros and are copied to scratch; otherwise
// they are a view of the image.

#include <algorithm>

#include "kernels/conv2d/window.hpp"

namespace fpanet::kernels {

/// One block, and the panels of target channels to compute for it.
struct WindowTask {
  Index image, row, rows;  ///< grid rows [row, row + rows)
  Index first_panel, end_panel;

  /// Offset of the block's first element in the target.
  Index target(const Conv2dWindow& w) const {
    return ((image * w.target_h + row * w.spread + w.target_top) * w.target_w + w.target_left) *
           w.target_c;
  }
};

/// Divides the grid rows into blocks whose source rows of T stay in L2. If that gives few tasks,
/// the panels of target channels are also divided into groups.
struct WindowBlocks {
  Index longest;  ///< rows of the longest block
  Index per_image, groups, panels;
  Index tasks;

  template <class T>
  static WindowBlocks cut(const Conv2dWindow& w, Index panels) {
    constexpr Index kSourceElements = 192 * 1024 / sizeof(T);
    constexpr Index kTasks = 8;
    const Index fitting = kSourceElements / std::max<Index>(1, w.span_w() * w.source_c) - w.taps_h;
    const Index rows = std::clamp<Index>(fitting / w.scale + 1, 1, std::max<Index>(1, w.rows));
    const Index per_image = divide_up(w.rows, rows);
    const Index groups = std::clamp<Index>(kTasks / std::max<Index>(1, w.n * per_image), 1, panels);
    return {divide_up(w.rows, std::max<Index>(1, per_image)), per_image, groups, panels,
            w.n * per_image * groups};
  }

  WindowTask task(const Conv2dWindow& w, Index number) const {
    const Index group = number % groups;
    const Index block = number / groups % per_image;
    const Index row = w.rows * block / per_image;
    return {.image = number / groups / per_image,
            .row = row,
            .rows = w.rows * (block + 1) / per_image - row,
            .first_panel = panels * group / groups,
            .end_panel = panels * (group + 1) / groups};
  }
};

template <class T>
struct SourceRows {
  const T* data;  ///< source pixel of tap (0,0) of the block's first grid pixel
  Index pitch;    ///< elements from a source row to the next
};

inline bool leaves_image(const Conv2dWindow& w) {
  return w.top < 0 || w.left < 0 || w.top + w.span_h(w.rows) > w.source_h ||
         w.left + w.span_w() > w.source_w;
}

/// Elements of scratch for the source rows of `rows` grid rows.
inline Index source_rows_numel(const Conv2dWindow& w, Index rows) {
  return w.span_h(rows) * w.span_w() * w.source_c;
}

template <class T>
SourceRows<T> source_rows_in_place(const Conv2dWindow& w, const T* image, Index row) {
  const Index pitch = w.source_w * w.source_c;
  return {image + (row * w.scale + w.top) * pitch + w.left * w.source_c, pitch};
}

template <class T>
SourceRows<T> copy_source_rows(const Conv2dWindow& w, const T* image, Index row, Index rows,
                               T* scratch) {
  const Index span = w.span_w(), pitch = span * w.source_c;
  const Index first = std::clamp<Index>(-w.left, 0, span);  // columns [first, last) are inside
  const Index last = std::clamp<Index>(w.source_w - w.left, first, span);
  const Index top = row * w.scale + w.top;
  T* to = scratch;
  for (Index a = top; a < top + w.span_h(rows); ++a, to += pitch) {
    if (a < 0 || a >= w.source_h) {
      std::fill_n(to, pitch, T(0));
      continue;
    }
    std::fill(to, to + first * w.source_c, T(0));
    std::copy_n(image + (a * w.source_w + w.left + first) * w.source_c, (last - first) * w.source_c,
                to + first * w.source_c);
    std::fill(to + last * w.source_c, to + pitch, T(0));
  }
  return {scratch, pitch};
}

}  // namespace fpanet::kernels
