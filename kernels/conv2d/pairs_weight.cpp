#include <algorithm>

#include "kernels/base/parallel_workers.hpp"
#include "kernels/base/scratch.hpp"
#include "kernels/conv2d/interleave_pairs.hpp"
#include "kernels/conv2d/pairs.hpp"
#include "kernels/conv2d/source_rows.hpp"
#include "kernels/conv2d/window.hpp"
#include "kernels/gemm/pairs.hpp"

namespace fpanet::kernels::pairs {
namespace {

// How the work of backward weight is divided, as in conv2d/direct_weight.cpp. Grid rows form
// blocks, and blocks form chunks, each with its own sum of dw. If these sums would take too much
// memory for many chunks, the output channels are also divided into groups.
struct Cut {
  Index rows, per_image;  // rows of the longest block, blocks per image
  Index chunks, groups;
};

Cut cut_work(const Conv2dGeometry& g, const Conv2dWindow& w) {
  // The limits are for the source rows; their pairs take twice as much. Each block reads and writes
  // its sum of dw once, so blocks grow with the size of dw.
  constexpr Index kLeastSource = 48 * 1024, kMostSource = 112 * 1024;
  constexpr Index kSumElements = 2 * 1024 * 1024;
  constexpr Index kTasks = 16, kGroupChannels = 16;
  const Index source = std::clamp(g.weight_numel(), kLeastSource, kMostSource);
  const Index fitting = source / (w.span_w() * w.source_c) - w.taps_h;
  const Index most = std::clamp<Index>(fitting / w.scale + 1, 2, std::max<Index>(2, w.rows));
  const Index rows = divide_up(divide_up(w.rows, divide_up(w.rows, most)), 2) * 2;
  const Index per_image = divide_up(w.rows, rows);
  const Index chunks =
      std::clamp<Index>(kSumElements / g.weight_numel(), 1, std::min(kTasks, g.n * per_image));
  const Index groups = std::clamp<Index>(kTasks / chunks, 1, divide_up(g.c_out, kGroupChannels));
  return {std::min(w.rows, rows), per_image, chunks, groups};
}

// The scratch that one worker needs for a block.
struct WorkerScratch {
  Index source, source_pairs, dy_pairs;  // elements

  WorkerScratch(const Conv2dGeometry& g, const Conv2dWindow& w, const Cut& cut)
      : source(source_rows_numel(w, cut.rows)),
        // A vector may read past the last run, so the pairs have one spare panel width.
        source_pairs(2 * source + 2 * gemm_pairs().width),
        dy_pairs(divide_up(cut.rows, 2) * 2 * w.cols * divide_up(g.c_out, cut.groups)) {}
  Index numel() const { return source + source_pairs + dy_pairs; }
};

/// Pairs source row b of a block with row b + scale, which the same tap of the next grid row reads.
void pair_source_rows(const Conv2dWindow& w, const SourceRows<bfloat16>& source, Index rows,
                      bfloat16* pairs) {
  const Index count = w.span_h(rows);
  for (Index b = 0; b < count; ++b) {
    const bfloat16* const row = source.data + b * source.pitch;
    interleave_pairs(row, b + w.scale < count ? row + w.scale * source.pitch : nullptr,
                     source.pitch, pairs + 2 * b * source.pitch);
  }
}

/// Pairs channels [begin, end) of grid rows 2q and 2q + 1.
void pair_gradient_rows(const Conv2dWindow& w, const bfloat16* dy, Index rows, Index begin,
                        Index end, bfloat16* pairs) {
  const Index row_numel = w.cols * w.target_c;
  for (Index row = 0; row < rows; row += 2) {
    for (Index j = 0; j < w.cols; ++j, pairs += 2 * (end - begin)) {
      const bfloat16* const first = dy + row * row_numel + j * w.target_c + begin;
      interleave_pairs(first, row + 1 < rows ? first + row_numel : nullptr, end - begin, pairs);
    }
  }
}

/// dw[o][k][run] += dy^T x for the output channels [begin, end) and `rows` grid rows.
void add_block(const Conv2dGeometry& g, const Conv2dWindow& w, Index pitch,
               const bfloat16* source_pairs, const bfloat16* dy_pairs, Index rows, Index begin,
               Index end, float* dw) {
  constexpr Index kPairs = 128;  // per product, so that both factors of a panel stay in L1
  const GemmPairs& gemm = gemm_pairs();
  const Index run = w.taps_w * w.source_c, row_pairs = divide_up(rows, 2);
  const Index step = std::max<Index>(1, kPairs / w.cols);
  PairsToSum product;
  PairFactors& factors = product.factors;
  factors = {.a_row = 2,
             .a_k = 2 * (end - begin),
             .a_segment = 2 * w.cols * (end - begin),
             .b_k = 2 * w.scale * w.source_c,
             .b_segment = 2 * w.scale * 2 * pitch,
             .m = end - begin,
             .run = w.cols};
  product.c_row = g.taps() * g.c_in;
  for (Index q = 0; q < row_pairs; q += step) {
    factors.a = dy_pairs + q * factors.a_segment;
    factors.segments = std::min(step, row_pairs - q);
    for (Index k = 0; k < w.taps_h; ++k) {
      for (Index j = 0; j < run; j += gemm.width) {
        factors.b = source_pairs + q * factors.b_segment + k * 2 * pitch + 2 * j;
        factors.n = std::min(gemm.width, run - j);
        product.c = dw + begin * product.c_row + k * run + j;
        gemm.add(product);
      }
    }
  }
}

}  // namespace

std::size_t backward_weight_workspace_bytes(const Cpu& cpu, const Conv2dGeometry& g) {
  const Conv2dWindow w = forward_window(g);
  const Cut cut = cut_work(g, w);
  return kScratchAlignment + scratch_bytes<float>(cut.chunks * g.weight_numel()) +
         scratch_bytes<bfloat16>(cpu.threads * WorkerScratch(g, w, cut).numel());
}

void backward_weight(const Cpu& cpu, const Conv2dGeometry& g, const bfloat16* x, const bfloat16* dy,
                     float* dw, Write write, std::span<std::byte> workspace) {
  const Conv2dWindow w = forward_window(g);
  const Cut cut = cut_work(g, w);
  const WorkerScratch parts(g, w, cut);
  const Index numel = g.weight_numel(), row_numel = g.taps() * g.c_in;
  const Index blocks = g.n * cut.per_image;
  Scratch scratch(workspace);
  float* const sums = scratch.take<float>(cut.chunks * numel);
  bfloat16* const workers = scratch.take<bfloat16>(cpu.threads * parts.numel());
  parallel_workers(cpu, cut.chunks * cut.groups, [&](Index task, Index worker) {
    bfloat16* const rows_copy = workers + worker * parts.numel();
    bfloat16* const source_pairs = rows_copy + parts.source;
    bfloat16* const dy_pairs = source_pairs + parts.source_pairs;
    const Index chunk = task / cut.groups, group = task % cut.groups;
    const Index begin = g.c_out * group / cut.groups, end = g.c_out * (group + 1) / cut.groups;
    float* const sum = sums + chunk * numel;
    std::fill(sum + begin * row_numel, sum + end * row_numel, 0.F);
    for (Index block = blocks * chunk / cut.chunks; block < blocks * (chunk + 1) / cut.chunks;
         ++block) {
      const Index image = block / cut.per_image;
      const Index row = block % cut.per_image * cut.rows;
      const Index rows = std::min(cut.rows, w.rows - row);
      const SourceRows<bfloat16> source = copy_source_rows(
          w, x + image * w.source_h * w.source_w * w.source_c, row, rows, rows_copy);
      pair_source_rows(w, source, rows, source_pairs);
      pair_gradient_rows(w, dy + (image * w.rows + row) * w.cols * g.c_out, rows, begin, end,
                         dy_pairs);
      add_block(g, w, source.pitch, source_pairs, dy_pairs, rows, begin, end, sum);
    }
  });
  parallel_workers(cpu, g.c_out, [&](Index o, Index) {
    for (Index k = o * row_numel; k < (o + 1) * row_numel; ++k) {
      float total = sums[k];
      for (Index chunk = 1; chunk < cut.chunks; ++chunk) total += sums[chunk * numel + k];
      store(dw[k], total, write);
    }
  });
}

}  // namespace fpanet::kernels::pairs
