#include "kernels/conv2d/direct.hpp"

#include <algorithm>

#include "kernels/base/parallel_workers.hpp"
#include "kernels/base/scratch.hpp"
#include "kernels/conv2d/inner_loops.hpp"
#include "kernels/conv2d/source_rows.hpp"
#include "kernels/conv2d/window.hpp"

namespace fpanet::kernels::direct {
namespace {

template <class T>
Index panels_of(Index channels) {
  return divide_up(channels, conv2d_inner_loops<T>().width);
}

template <class T>
WindowBlocks cut_blocks(const Conv2dWindow& w) {
  return WindowBlocks::cut<T>(w, panels_of<T>(w.target_c));
}

template <class T>
Index packed_numel(const Conv2dWindow& w) {
  return w.depth() * panels_of<T>(w.target_c) * conv2d_inner_loops<T>().width;
}

template <class T>
Index source_numel(const Conv2dWindow& w) {
  return w.taps() > 0 && leaves_image(w) ? source_rows_numel(w, cut_blocks<T>(w).longest) : 0;
}

// packed[panel][k][l][o][j] = w[o][tap of (k,l)][panel*width + j].
template <class T>
void pack_backward_input(const Cpu& cpu, const Conv2dGeometry& g, const Conv2dPhase& phase,
                         const T* w, T* packed) {
  const Index width = conv2d_inner_loops<T>().width;
  const Index taps = phase.h.taps * phase.w.taps;
  parallel_workers(cpu, panels_of<T>(g.c_in) * taps, [&](Index task, Index) {
    const Index panel = task / taps, k = task % taps / phase.w.taps, l = task % phase.w.taps;
    const Index tap =
        phase.h.kernel_tap(k, g.stride) * g.kernel_w + phase.w.kernel_tap(l, g.stride);
    const Index count = std::min(width, g.c_in - panel * width);
    T* to = packed + task * g.c_out * width;
    const T* from = w + tap * g.c_in + panel * width;
    for (Index o = 0; o < g.c_out; ++o, to += width, from += g.taps() * g.c_in) {
      std::copy_n(from, count, to);
      std::fill(to + count, to + width, T(0));
    }
  });
}

// Computes the target pixels of `rows` grid rows from the first row of `source` on, for one panel
// of channels, and adds them to `sums` if given.
template <class T>
void multiply_block(const Conv2dWindow& w, const SourceRows<T>& source, const T* packed,
                    const Conv2dEpilogue<T>& epilogue, Index channels, Index rows, T* target,
                    Write write, ChannelSums<T>* sums) {
  const auto& loops = conv2d_inner_loops<T>();
  GemmPanel<T> panel;
  panel.a_row = w.scale * w.source_c;
  panel.a_segment = source.pitch;
  panel.b_k = loops.width;
  panel.c_row = w.spread * w.target_c;
  panel.m = w.cols;
  panel.n = channels;
  panel.bias = epilogue.bias;
  panel.start = write == Write::accumulate ? GemmStart::c
                : epilogue.bias != nullptr ? GemmStart::bias
                                           : GemmStart::zero;
  const auto multiply_rows = [&](const T* a, const T* b, bool last) {
    panel.b = b;
    panel.relu = last && epilogue.relu;
    for (Index r = 0; r < rows; ++r) {
      panel.a = a + r * w.scale * source.pitch;
      const Index row = r * w.spread * w.target_w * w.target_c;
      panel.c = target + row;
      panel.residual = last && epilogue.residual ? epilogue.residual + row : nullptr;
      loops.multiply(panel);
      if (last && sums != nullptr) {  // the row is in L1
        loops.add_pixels(panel.c, panel.c_row, panel.m, channels, *sums);
      }
    }
  };
  // A panel of weights should stay in L1 across the rows, so a long panel is processed in pieces.
  constexpr Index kWhole = 512, kPiece = 256;
  const Index run = w.taps_w * w.source_c;
  if (w.depth() <= kWhole) {
    panel.run = run;
    panel.segments = run > 0 ? w.taps_h : 0;
    panel.b_segment = run * loops.width;
    multiply_rows(source.data, packed, true);
    return;
  }
  const Index pieces = divide_up(run, kPiece);
  for (Index k = 0; k < w.taps_h; ++k) {
    for (Index piece = 0; piece < pieces; ++piece) {
      const Index begin = run * piece / pieces;
      panel.run = run * (piece + 1) / pieces - begin;
      multiply_rows(source.data + k * source.pitch + begin,
                    packed + (k * run + begin) * loops.width,
                    k + 1 == w.taps_h && piece + 1 == pieces);
      panel.start = GemmStart::c;
    }
  }
}

// Number of grid blocks for which moments are taken.
template <class T>
Index moment_blocks(const Conv2dWindow& w) {
  const WindowBlocks blocks = cut_blocks<T>(w);
  return blocks.tasks / blocks.groups;
}

// If `moments` is given, it receives the moments of the target's channels.
template <class T>
void run_window(const Cpu& cpu, const Conv2dWindow& w, const T* source, const T* packed,
                const Conv2dEpilogue<T>& epilogue, T* target, Write write, T* scratch,
                const BlockMoments* moments = nullptr) {
  if (w.cols == 0) return;  // a phase without pixels: the image is narrower than the stride
  const Index width = conv2d_inner_loops<T>().width;
  const WindowBlocks blocks = cut_blocks<T>(w);
  const Index per_worker = source_numel<T>(w);
  parallel_workers(cpu, blocks.tasks, [&](Index number, Index worker) {
    const WindowTask task = blocks.task(w, number);
    const T* const from = source + task.image * w.source_h * w.source_w * w.source_c;
    const SourceRows<T> block_source =
        per_worker > 0
            ? copy_source_rows(w, from, task.row, task.rows, scratch + worker * per_worker)
            : source_rows_in_place(w, from, task.row);
    const Index to = task.target(w);
    for (Index p = task.first_panel; p < task.end_panel; ++p) {
      const Index first = p * width;
      const Conv2dEpilogue<T> part{epilogue.bias ? epilogue.bias + first : nullptr,
                                   epilogue.residual ? epilogue.residual + to + first : nullptr,
                                   epilogue.relu};
      const Index channels = std::min(width, w.target_c - first);
      ChannelSums<T> sums;
      multiply_block(w, block_source, packed + first * w.depth(), part, channels, task.rows,
                     target + to + first, write, moments != nullptr ? &sums : nullptr);
      if (moments != nullptr) moments->set(number / blocks.groups, first, channels, sums);
    }
  });
}

}  // namespace

template <class T>
Index prepared_numel(const Conv2dGeometry& g) {
  return packed_numel<T>(forward_window(g));
}

// packed[panel][d][j] = w[panel*width + j][d]: column j of a panel is one row of w.
template <class T>
void prepare(const Cpu& cpu, const Conv2dGeometry& g, const T* w, T* packed) {
  const Index width = conv2d_inner_loops<T>().width, depth = g.taps() * g.c_in;
  parallel_workers(cpu, panels_of<T>(g.c_out), [&](Index panel, Index) {
    T* const to = packed + panel * depth * width;
    const Index count = std::min(width, g.c_out - panel * width);
    const T* const from = w + panel * width * depth;
    constexpr Index kStep = 64;  // rows of the panel, which stay in L1 while its columns are filled
    for (Index begin = 0; begin < depth; begin += kStep) {
      const Index end = std::min(depth, begin + kStep);
      for (Index j = 0; j < width; ++j) {
        for (Index d = begin; d < end; ++d) {
          to[d * width + j] = j < count ? from[j * depth + d] : T(0);
        }
      }
    }
  });
}

template <class T>
std::size_t forward_prepared_workspace_bytes(const Cpu& cpu, const Conv2dGeometry& g) {
  return kScratchAlignment + scratch_bytes<T>(cpu.threads * source_numel<T>(forward_window(g)));
}

template <class T>
void forward_prepared(const Cpu& cpu, const Conv2dGeometry& g, const T* x, const T* packed,
                      const Conv2dEpilogue<T>& epilogue, T* y, std::span<std::byte> workspace) {
  const Conv2dWindow window = forward_window(g);
  run_window(cpu, window, x, packed, epilogue, y, Write::assign,
             Scratch(workspace).take<T>(cpu.threads * source_numel<T>(window)));
}

template <class T>
std::size_t forward_workspace_bytes(const Cpu& cpu, const Conv2dGeometry& g) {
  return scratch_bytes<T>(prepared_numel<T>(g)) + forward_prepared_workspace_bytes<T>(cpu, g) +
         BlockMoments::bytes(moment_blocks<T>(forward_window(g)), g.c_out);
}

template <class T>
void forward(const Cpu& cpu, const Conv2dGeometry& g, const T* x, const T* w,
             const Conv2dEpilogue<T>& epilogue, T* y, std::span<std::byte> workspace) {
  Scratch scratch(workspace);
  T* const packed = scratch.take<T>(prepared_numel<T>(g));
  prepare(cpu, g, w, packed);
  if (epilogue.statistics == nullptr) {
    return forward_prepared(cpu, g, x, packed, epilogue, y, scratch.rest());
  }
  const Conv2dWindow window = forward_window(g);
  const BlockMoments moments(moment_blocks<T>(window), g.c_out, scratch);
  run_window(cpu, window, x, packed, epilogue, y, Write::assign,
             scratch.take<T>(cpu.threads * source_numel<T>(window)), &moments);
  moments.combine(epilogue.statistics);
}

template <class T>
std::size_t backward_input_workspace_bytes(const Cpu& cpu, const Conv2dGeometry& g) {
  std::size_t most = 0;
  for (Index s = 0; s < g.stride * g.stride; ++s) {
    const Conv2dWindow w = backward_input_window(g, s / g.stride, s % g.stride);
    most = std::max(most, scratch_bytes<T>(packed_numel<T>(w)) +
                              scratch_bytes<T>(cpu.threads * source_numel<T>(w)));
  }
  return kScratchAlignment + most;
}

template <class T>
void backward_input(const Cpu& cpu, const Conv2dGeometry& g, const T* dy, const T* w, T* dx,
                    Write write, std::span<std::byte> workspace) {
  for (Index s = 0; s < g.stride * g.stride; ++s) {
    const Conv2dPhase phase(g, s / g.stride, s % g.stride);
    const Conv2dWindow window = backward_input_window(g, s / g.stride, s % g.stride);
    Scratch scratch(workspace);
    T* const packed = scratch.take<T>(packed_numel<T>(window));
    pack_backward_input(cpu, g, phase, w, packed);
    run_window(cpu, window, dy, packed, Conv2dEpilogue<T>{}, dx, write,
               scratch.take<T>(cpu.threads * source_numel<T>(window)));
  }
}

#define FPANET_INSTANTIATE(T)                                                                    \
  template Index prepared_numel<T>(const Conv2dGeometry&);                                       \
  template void prepare(const Cpu&, const Conv2dGeometry&, const T*, T*);                        \
  template void forward_prepared(const Cpu&, const Conv2dGeometry&, const T*, const T*,          \
                                 const Conv2dEpilogue<T>&, T*, std::span<std::byte>);            \
  template std::size_t forward_prepared_workspace_bytes<T>(const Cpu&, const Conv2dGeometry&);   \
  template void forward(const Cpu&, const Conv2dGeometry&, const T*, const T*,                   \
                        const Conv2dEpilogue<T>&, T*, std::span<std::byte>);                     \
  template void backward_input(const Cpu&, const Conv2dGeometry&, const T*, const T*, T*, Write, \
                               std::span<std::byte>);                                            \
  template std::size_t forward_workspace_bytes<T>(const Cpu&, const Conv2dGeometry&);            \
  template std::size_t backward_input_workspace_bytes<T>(const Cpu&, const Conv2dGeometry&)

FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(double);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels::direct
