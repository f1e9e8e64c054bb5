#pragma once
// The source rows that a block of a window's grid reads, with zeros where the window leaves the
// image: a view of the image where it does not, else a copy in scratch.

#include <algorithm>

#include "kernels/conv2d_window.hpp"

namespace fpanet::kernels {

template <class T>
struct SourceRows {
  const T* data;  ///< source pixel of tap (0,0) of the block's first grid pixel
  Index pitch;    ///< elements from a source row to the next
};

inline bool leaves_image(const Conv2dWindow& w) {
  return w.top < 0 || w.left < 0 || w.top + w.span_h(w.rows) > w.source_h ||
         w.left + w.span_w() > w.source_w;
}

/// Elements of scratch for a block of `rows` grid rows.
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
