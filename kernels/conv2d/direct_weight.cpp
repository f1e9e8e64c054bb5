#include <algorithm>

#include "kernels/base/parallel_workers.hpp"
#include "kernels/base/scratch.hpp"
#include "kernels/conv2d/direct.hpp"
#include "kernels/conv2d/inner_loops.hpp"
#include "kernels/conv2d/source_rows.hpp"
#include "kernels/conv2d/window.hpp"

namespace fpanet::kernels::direct {
namespace {

// How the work of backward weight is divided. The grid rows of all images form blocks whose source
// rows stay in L2. Blocks form chunks, each with its own sum of dw; these sums are added in order
// at the end. If the sums would take too much memory for many chunks, the output channels are also
// divided into groups.
struct Cut {
  Index rows, per_image;  // rows of the longest block, blocks per image
  Index chunks, groups;
};

template <class T>
Cut cut_work(const Conv2dGeometry& g, const Conv2dWindow& w) {
  // Each block reads and writes its sum of dw once, so blocks grow with the size of dw.
  constexpr Index kLeastSource = 128 * 1024 / sizeof(T), kMostSource = 448 * 1024 / sizeof(T);
  constexpr Index kSumElements = 8 * 1024 * 1024 / sizeof(T);
  constexpr Index kTasks = 16, kGroupChannels = 16;
  const Index source = std::clamp(g.weight_numel(), kLeastSource, kMostSource);
  const Index fitting = source / (w.span_w() * w.source_c) - w.taps_h;
  const Index most = std::clamp<Index>(fitting / w.scale + 1, 1, w.rows);
  const Index per_image = divide_up(w.rows, most);
  const Index chunks =
      std::clamp<Index>(kSumElements / g.weight_numel(), 1, std::min(kTasks, g.n * per_image));
  const Index groups = std::clamp<Index>(kTasks / chunks, 1, divide_up(g.c_out, kGroupChannels));
  return {divide_up(w.rows, per_image), per_image, chunks, groups};
}

// A vector may read past the last run of the source rows, so the scratch has one spare panel width.
template <class T>
Index source_numel(const Conv2dWindow& w, const Cut& cut) {
  return source_rows_numel(w, cut.rows) + conv2d_inner_loops<T>().width;
}

// dw[o][k][run] += dy^T x for the output channels [begin, end) and `rows` grid rows.
template <class T>
void multiply_block(const Conv2dGeometry& g, const Conv2dWindow& w, const SourceRows<T>& source,
                    const T* dy, Index rows, Index begin, Index end, T* dw) {
  constexpr Index kPixels = 256;  // per product, so that both factors of a panel stay in L1
  const auto& loops = conv2d_inner_loops<T>();
  const Index run = w.taps_w * w.source_c;
  const Index step = std::max<Index>(1, kPixels / w.cols);
  GemmPanel<T> panel;
  panel.start = GemmStart::c;
  panel.a_row = 1;
  panel.a_k = g.c_out;
  panel.a_segment = w.cols * g.c_out;
  panel.b_k = w.scale * w.source_c;
  panel.b_segment = w.scale * source.pitch;
  panel.c_row = g.taps() * g.c_in;
  panel.m = end - begin;
  panel.run = w.cols;
  for (Index row = 0; row < rows; row += step) {
    panel.a = dy + row * panel.a_segment + begin;
    panel.segments = std::min(step, rows - row);
    for (Index k = 0; k < w.taps_h; ++k) {
      for (Index j = 0; j < run; j += loops.width) {
        panel.b = source.data + (row * w.scale + k) * source.pitch + j;
        panel.c = dw + begin * panel.c_row + k * run + j;
        panel.n = std::min(loops.width, run - j);
        loops.multiply(panel);
      }
    }
  }
}

}  // namespace

template <class T>
std::size_t backward_weight_workspace_bytes(const Cpu& cpu, const Conv2dGeometry& g) {
  const Conv2dWindow w = forward_window(g);
  const Cut cut = cut_work<T>(g, w);
  return kScratchAlignment + scratch_bytes<T>(cut.chunks * g.weight_numel()) +
         scratch_bytes<T>(cpu.threads * source_numel<T>(w, cut));
}

template <class T>
void backward_weight(const Cpu& cpu, const Conv2dGeometry& g, const T* x, const T* dy, Real<T>* dw,
                     Write write, std::span<std::byte> workspace) {
  const Conv2dWindow w = forward_window(g);
  const Cut cut = cut_work<T>(g, w);
  const Index numel = g.weight_numel(), row_numel = g.taps() * g.c_in;
  const Index blocks = g.n * cut.per_image, per_worker = source_numel<T>(w, cut);
  Scratch scratch(workspace);
  T* const sums = scratch.take<T>(cut.chunks * numel);
  T* const sources = scratch.take<T>(cpu.threads * per_worker);
  parallel_workers(cpu, cut.chunks * cut.groups, [&](Index task, Index worker) {
    const Index chunk = task / cut.groups, group = task % cut.groups;
    const Index begin = g.c_out * group / cut.groups, end = g.c_out * (group + 1) / cut.groups;
    T* const sum = sums + chunk * numel;
    std::fill(sum + begin * row_numel, sum + end * row_numel, T(0));
    for (Index block = blocks * chunk / cut.chunks; block < blocks * (chunk + 1) / cut.chunks;
         ++block) {
      const Index image = block / cut.per_image, in_image = block % cut.per_image;
      const Index row = w.rows * in_image / cut.per_image;
      const Index rows = w.rows * (in_image + 1) / cut.per_image - row;
      const SourceRows<T> source =
          copy_source_rows(w, x + image * w.source_h * w.source_w * w.source_c, row, rows,
                           sources + worker * per_worker);
      multiply_block(g, w, source, dy + (image * w.rows + row) * w.cols * g.c_out, rows, begin, end,
                     sum);
    }
  });
  parallel_workers(cpu, g.c_out, [&](Index o, Index) {
    for (Index k = o * row_numel; k < (o + 1) * row_numel; ++k) {
      T total = sums[k];
      for (Index chunk = 1; chunk < cut.chunks; ++chunk) total += sums[chunk * numel + k];
      store(dw[k], total, write);
    }
  });
}

template std::size_t backward_weight_workspace_bytes<float>(const Cpu&, const Conv2dGeometry&);
template std::size_t backward_weight_workspace_bytes<double>(const Cpu&, const Conv2dGeometry&);
template void backward_weight(const Cpu&, const Conv2dGeometry&, const float*, const float*, float*,
                              Write, std::span<std::byte>);
template void backward_weight(const Cpu&, const Conv2dGeometry&, const double*, const double*,
                              double*, Write, std::span<std::byte>);

}  // namespace fpanet::kernels::direct
