#pragma once
// A common description of forward convolution and backward input: a grid of output pixels, each of
// which reads one pixel of a source image through every tap.
//
//   tap (k,l) of grid pixel (i,j) reads source pixel (i*scale + top + k, j*scale + left + l)
//   grid pixel (i,j) is target pixel (i*spread + target_top, j*spread + target_left)
//
// Forward is one window. Backward input is stride^2 windows, one for each phase of the input. All
// pixels of a phase are reached by the same taps, so no zeros between strided outputs are ever
// read.

#include "kernels/conv2d.hpp"

namespace fpanet::kernels {

struct Conv2dWindow {
  Index n;
  Index rows, cols;                    // grid of one image
  Index taps_h, taps_w;                // may be 0: then the result is 0
  Index scale, top, left;              // top and left may be negative
  Index source_h, source_w, source_c;  // pixels outside the source are 0
  Index spread, target_top, target_left;
  Index target_h, target_w, target_c;

  Index taps() const { return taps_h * taps_w; }
  Index depth() const { return taps() * source_c; }  ///< products of one output element
  /// Source columns that a row of the grid spans, and source rows that `count` grid rows span.
  Index span_w() const { return cols > 0 ? (cols - 1) * scale + taps_w : 0; }
  Index span_h(Index count) const { return (count - 1) * scale + taps_h; }
};

inline Conv2dWindow forward_window(const Conv2dGeometry& g) {
  return {.n = g.n,
          .rows = g.out_h(),
          .cols = g.out_w(),
          .taps_h = g.kernel_h,
          .taps_w = g.kernel_w,
          .scale = g.stride,
          .top = -g.padding,
          .left = -g.padding,
          .source_h = g.h,
          .source_w = g.w,
          .source_c = g.c_in,
          .spread = 1,
          .target_top = 0,
          .target_left = 0,
          .target_h = g.out_h(),
          .target_w = g.out_w(),
          .target_c = g.c_out};
}

/// One axis of a phase. Input pixels phase, phase + s, ... are reached by the kernel taps first,
/// first + s, .... In order of ascending output pixel, from `top` on, the last of these taps comes
/// first.
struct Conv2dPhaseAxis {
  Index pixels, taps, first, top;

  Conv2dPhaseAxis(Index phase, Index size, Index kernel, Index stride, Index padding)
      : pixels(size > phase ? divide_up(size - phase, stride) : 0),
        first((phase + padding) % stride) {
    taps = kernel > first ? divide_up(kernel - first, stride) : 0;
    top = (phase + padding - first) / stride - (taps - 1);
  }
  /// The kernel tap that window tap k represents.
  Index kernel_tap(Index k, Index stride) const { return first + (taps - 1 - k) * stride; }
};

struct Conv2dPhase {
  Conv2dPhaseAxis h, w;

  Conv2dPhase(const Conv2dGeometry& g, Index phase_h, Index phase_w)
      : h(phase_h, g.h, g.kernel_h, g.stride, g.padding),
        w(phase_w, g.w, g.kernel_w, g.stride, g.padding) {}
};

inline Conv2dWindow backward_input_window(const Conv2dGeometry& g, Index phase_h, Index phase_w) {
  const Conv2dPhase phase(g, phase_h, phase_w);
  return {.n = g.n,
          .rows = phase.h.pixels,
          .cols = phase.w.pixels,
          .taps_h = phase.h.taps,
          .taps_w = phase.w.taps,
          .scale = 1,
          .top = phase.h.top,
          .left = phase.w.top,
          .source_h = g.out_h(),
          .source_w = g.out_w(),
          .source_c = g.c_out,
          .spread = g.stride,
          .target_top = phase_h,
          .target_left = phase_w,
          .target_h = g.h,
          .target_w = g.w,
          .target_c = g.c_in};
}

}  // namespace fpanet::kernels
