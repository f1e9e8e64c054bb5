#include "kernels/conv2d/pairs.hpp"

#include <algorithm>

#include "kernels/base/parallel_workers.hpp"
#include "kernels/base/scratch.hpp"
#include "kernels/conv2d/interleave_pairs.hpp"
#include "kernels/conv2d/source_rows.hpp"
#include "kernels/conv2d/window.hpp"
#include "kernels/gemm/pairs.hpp"

namespace fpanet::kernels::pairs {
namespace {

Index even(Index channels) {
  return divide_up(channels, 2) * 2;
}

/// A window whose source has an even number of channels; the image itself may have one less.
struct PairWindow : Conv2dWindow {
  Index image_c;

  explicit PairWindow(const Conv2dWindow& w) : Conv2dWindow(w), image_c(w.source_c) {
    source_c = even(w.source_c);
  }
  bool copies_rows() const { return taps() > 0 && (leaves_image(*this) || image_c != source_c); }
};

Index panels_of(Index channels) {
  return divide_up(channels, gemm_pairs().width);
}

WindowBlocks cut_blocks(const PairWindow& w) {
  return WindowBlocks::cut<bfloat16>(w, panels_of(w.target_c));
}

Index packed_numel(const PairWindow& w) {
  return w.depth() * panels_of(w.target_c) * gemm_pairs().width;
}

Index source_numel(const PairWindow& w) {
  return w.copies_rows() ? source_rows_numel(w, cut_blocks(w).longest) : 0;
}

// copy_source_rows for an image whose pixels get an additional last channel of 0.
SourceRows<bfloat16> copy_padded_rows(const PairWindow& w, const bfloat16* image, Index row,
                                      Index rows, bfloat16* scratch) {
  const Index span = w.span_w(), top = row * w.scale + w.top;
  std::fill_n(scratch, source_rows_numel(w, rows), bfloat16(0));
  for (Index a = std::max<Index>(0, top); a < std::min(w.source_h, top + w.span_h(rows)); ++a) {
    const Index first = std::max<Index>(0, -w.left), end = std::min(span, w.source_w - w.left);
    bfloat16* to = scratch + ((a - top) * span + first) * w.source_c;
    const bfloat16* from = image + (a * w.source_w + w.left + first) * w.image_c;
    for (Index b = first; b < end; ++b, from += w.image_c, to += w.source_c) {
      std::copy_n(from, w.image_c, to);
    }
  }
  return {scratch, span * w.source_c};
}

SourceRows<bfloat16> source_rows(const PairWindow& w, const bfloat16* image, Index row, Index rows,
                                 bfloat16* scratch) {
  if (!w.copies_rows()) return source_rows_in_place(w, image, row);
  if (w.image_c != w.source_c) return copy_padded_rows(w, image, row, rows, scratch);
  return copy_source_rows(w, image, row, rows, scratch);
}

void run_window(const Cpu& cpu, const PairWindow& w, const bfloat16* source, const bfloat16* packed,
                const Conv2dEpilogue<bfloat16>& epilogue, bfloat16* target, bfloat16* scratch) {
  if (w.cols == 0) return;  // a phase without pixels: the image is narrower than the stride
  const GemmPairs& gemm = gemm_pairs();
  const WindowBlocks blocks = cut_blocks(w);
  const Index per_worker = source_numel(w);
  parallel_workers(cpu, blocks.tasks, [&](Index number, Index worker) {
    const WindowTask task = blocks.task(w, number);
    const SourceRows<bfloat16> from =
        source_rows(w, source + task.image * w.source_h * w.source_w * w.image_c, task.row,
                    task.rows, scratch + worker * per_worker);
    const Index to = task.target(w);
    PairsToBf16 product;
    product.factors = {.a_row = w.scale * w.source_c,
                       .a_segment = from.pitch,
                       .b_k = 2 * gemm.width,
                       .b_segment = w.taps_w * w.source_c * gemm.width,
                       .m = w.cols,
                       .run = w.taps_w * w.source_c / 2,
                       .segments = w.taps_h};
    product.c_row = w.spread * w.target_c;
    product.relu = epilogue.relu;
    for (Index p = task.first_panel; p < task.end_panel; ++p) {
      const Index first = p * gemm.width;
      product.factors.b = packed + first * w.depth();
      product.factors.n = std::min(gemm.width, w.target_c - first);
      product.bias = epilogue.bias ? epilogue.bias + first : nullptr;
      for (Index r = 0; r < task.rows; ++r) {
        const Index at = to + r * w.spread * w.target_w * w.target_c + first;
        product.factors.a = from.data + r * w.scale * from.pitch;
        product.c = target + at;
        product.residual = epilogue.residual ? epilogue.residual + at : nullptr;
        gemm.multiply(product);
      }
    }
  });
}

// packed[panel][tap][c / 2][j][c % 2] = w[panel*width + j][tap][c], and 0 beyond C_out or C_in.
void pack_forward(const Cpu& cpu, const Conv2dGeometry& g, const bfloat16* w, bfloat16* packed) {
  const Index width = gemm_pairs().width, taps = g.taps(), channel_pairs = divide_up(g.c_in, 2);
  parallel_workers(cpu, panels_of(g.c_out) * taps, [&](Index task, Index) {
    const Index panel = task / taps, tap = task % taps;
    bfloat16* const to = packed + task * channel_pairs * width * 2;
    for (Index j = 0; j < width; ++j) {
      const Index o = panel * width + j;
      const bfloat16* const from = o < g.c_out ? w + (o * taps + tap) * g.c_in : nullptr;
      for (Index c = 0; c < 2 * channel_pairs; ++c) {
        to[(c / 2 * width + j) * 2 + c % 2] = from != nullptr && c < g.c_in ? from[c] : bfloat16(0);
      }
    }
  });
}

// packed[panel][k][l][o / 2][j][o % 2] = w[o][tap of (k,l)][panel*width + j], and 0 beyond C_out or
// C_in.
void pack_backward_input(const Cpu& cpu, const Conv2dGeometry& g, const Conv2dPhase& phase,
                         const bfloat16* w, bfloat16* packed) {
  const Index width = gemm_pairs().width, channel_pairs = divide_up(g.c_out, 2);
  const Index taps = phase.h.taps * phase.w.taps;
  parallel_workers(cpu, panels_of(g.c_in) * taps, [&](Index task, Index) {
    const Index panel = task / taps, k = task % taps / phase.w.taps, l = task % phase.w.taps;
    const Index tap =
        phase.h.kernel_tap(k, g.stride) * g.kernel_w + phase.w.kernel_tap(l, g.stride);
    const Index count = std::min(width, g.c_in - panel * width), row = g.taps() * g.c_in;
    bfloat16* to = packed + task * channel_pairs * width * 2;
    const bfloat16* from = w + tap * g.c_in + panel * width;
    for (Index o = 0; o < g.c_out; o += 2, to += 2 * width, from += 2 * row) {
      interleave_pairs(from, o + 1 < g.c_out ? from + row : nullptr, count, to);
      std::fill(to + 2 * count, to + 2 * width, bfloat16(0));
    }
  });
}

PairWindow forward_pairs(const Conv2dGeometry& g) {
  return PairWindow(forward_window(g));
}

PairWindow backward_input_pairs(const Conv2dGeometry& g, Index phase) {
  return PairWindow(backward_input_window(g, phase / g.stride, phase % g.stride));
}

}  // namespace

Index prepared_numel(const Conv2dGeometry& g) {
  return packed_numel(forward_pairs(g));
}

void prepare(const Cpu& cpu, const Conv2dGeometry& g, const bfloat16* w, bfloat16* packed) {
  pack_forward(cpu, g, w, packed);
}

std::size_t forward_prepared_workspace_bytes(const Cpu& cpu, const Conv2dGeometry& g) {
  return kScratchAlignment + scratch_bytes<bfloat16>(cpu.threads * source_numel(forward_pairs(g)));
}

void forward_prepared(const Cpu& cpu, const Conv2dGeometry& g, const bfloat16* x,
                      const bfloat16* packed, const Conv2dEpilogue<bfloat16>& epilogue, bfloat16* y,
                      std::span<std::byte> workspace) {
  const PairWindow window = forward_pairs(g);
  run_window(cpu, window, x, packed, epilogue, y,
             Scratch(workspace).take<bfloat16>(cpu.threads * source_numel(window)));
}

std::size_t forward_workspace_bytes(const Cpu& cpu, const Conv2dGeometry& g) {
  return scratch_bytes<bfloat16>(prepared_numel(g)) + forward_prepared_workspace_bytes(cpu, g);
}

void forward(const Cpu& cpu, const Conv2dGeometry& g, const bfloat16* x, const bfloat16* w,
             const Conv2dEpilogue<bfloat16>& epilogue, bfloat16* y,
             std::span<std::byte> workspace) {
  Scratch scratch(workspace);
  bfloat16* const packed = scratch.take<bfloat16>(prepared_numel(g));
  prepare(cpu, g, w, packed);
  forward_prepared(cpu, g, x, packed, epilogue, y, scratch.rest());
}

std::size_t backward_input_workspace_bytes(const Cpu& cpu, const Conv2dGeometry& g) {
  std::size_t most = 0;
  for (Index phase = 0; phase < g.stride * g.stride; ++phase) {
    const PairWindow w = backward_input_pairs(g, phase);
    most = std::max(most, scratch_bytes<bfloat16>(packed_numel(w)) +
                              scratch_bytes<bfloat16>(cpu.threads * source_numel(w)));
  }
  return kScratchAlignment + most;
}

void backward_input(const Cpu& cpu, const Conv2dGeometry& g, const bfloat16* dy, const bfloat16* w,
                    bfloat16* dx, Write write, std::span<std::byte> workspace) {
  // The previous dx is added like a residual: in float, before the only rounding.
  const Conv2dEpilogue<bfloat16> epilogue{.residual = write == Write::accumulate ? dx : nullptr};
  for (Index s = 0; s < g.stride * g.stride; ++s) {
    const Conv2dPhase phase(g, s / g.stride, s % g.stride);
    const PairWindow window = backward_input_pairs(g, s);
    Scratch scratch(workspace);
    bfloat16* const packed = scratch.take<bfloat16>(packed_numel(window));
    pack_backward_input(cpu, g, phase, w, packed);
    run_window(cpu, window, dy, packed, epilogue, dx,
               scratch.take<bfloat16>(cpu.threads * source_numel(window)));
  }
}

}  // namespace fpanet::kernels::pairs
