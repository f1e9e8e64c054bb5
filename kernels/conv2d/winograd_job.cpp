#include "kernels/conv2d/winograd_job.hpp"

#include <algorithm>

#include "kernels/base/parallel_workers.hpp"
#include "kernels/base/scratch.hpp"
#include "kernels/conv2d/channel_sums.hpp"
#include "kernels/conv2d/winograd_tiles.hpp"
#include "kernels/conv2d/winograd_u.hpp"

namespace fpanet::kernels::winograd {

namespace {

// How the work is divided.
//
// By block: U is computed first. A task then takes one block of tiles from patches to outputs, with
// V in its L2.
//
// By panel, if there are few tiles and U (four times the size of the weights) is larger than the
// caches: there is one block of all tiles, whose V all tasks share. A task computes one panel of U,
// which then stays in its cache, and takes it to the outputs. U is therefore never written to
// memory, and few tiles still give many tasks. If U is prepared, a task takes a group of panels, so
// that V, which is too large for L2, is read less often.
struct Cut {
  bool by_panel;
  Index block;  // tiles
  Index group;  // panels

  template <class T>
  Cut(const Cpu& cpu, std::span<const Part<T>> parts, bool has_u) {
    constexpr Index kLargeU = 1024 * 1024;  // elements
    constexpr Index kLeast = 12, kMost = 48, kTasks = 8, kRows = 12;
    constexpr Index kMostGroup = 4, kGroupsOfThread = 4;
    const Index tiles = parts[0].job.tiles, channels = parts[0].job.target.c;
    Index sum = 0, largest = 0;  // elements of a tile's V
    for (const Part<T>& part : parts) {
      const Index numel = part.job.form->positions * part.job.source.c;
      sum += numel;
      largest = std::max(largest, numel);
    }
    by_panel = sum * channels >= kLargeU && tiles <= channels / 2;
    const Index most = std::clamp(conv2d_inner_loops<float>().cache_numel / largest, kLeast, kMost);
    const Index wanted = std::max(divide_up(tiles, most), kTasks);
    block = by_panel ? tiles : divide_up(divide_up(tiles, wanted), kRows) * kRows;
    const Index groups = kGroupsOfThread * cpu.threads;
    group =
        by_panel && has_u ? std::clamp(parts[0].job.panels() / groups, Index{1}, kMostGroup) : 1;
  }
};

// Memory layout of V and M of a block. The spare channels keep the positions of a tile in different
// cache sets.
struct Layout {
  Index v_position, v_numel;
  Index m_tile, m_position, m_numel;

  template <class T>
  Layout(const Job<T>& job, Index block)
      : v_position(block * job.source.c + kWinogradChannels),
        v_numel(job.form->positions * v_position),
        m_tile(panel_columns(job, 0)),
        m_position(block * m_tile + kWinogradChannels),
        m_numel(job.form->positions * m_position) {}
};

// Takes tiles [first, first + count), which are all tiles of a block, from V to the target for
// panels [begin, end), whose U and M are consecutive. Positions are the outer loop, so that V is
// read once. If statistics are wanted, also takes the moments of what it wrote.
template <class T>
void multiply_panels(const Part<T>& part, const Layout& layout, Index first, Index count,
                     Index begin, Index end, const float* v, const float* u, float* m,
                     const BlockMoments& moments, Index block) {
  const auto& loops = conv2d_inner_loops<float>();
  const Job<T>& job = part.job;
  GemmPanel<float> p;
  p.a_row = job.source.c;
  p.b_k = loops.width;
  p.c_row = layout.m_tile;
  p.m = count;
  p.run = job.source.c;
  p.ahead_numel = p.run * loops.width;
  for (Index position = 0; position < job.form->positions; ++position) {
    for (Index panel = begin; panel < end; ++panel) {
      const Index at = panel - begin;
      p.n = panel_columns(job, panel);
      p.a = v + position * layout.v_position;
      p.b = u + at * job.panel_numel() + position * job.u_position();
      p.c = m + at * layout.m_numel + position * layout.m_position;
      p.ahead = panel + 1 < end ? p.b + job.panel_numel() : u + (position + 1) * job.u_position();
      loops.multiply(p);
    }
  }
  for (Index panel = begin; panel < end; ++panel) {
    const Index channel = panel * loops.width;
    const Index channels = std::min(loops.width, job.target.c - channel);
    const bool sum = part.epilogue.statistics != nullptr;
    ChannelSums<float> sums;
    job.form->outputs(
        {m + (panel - begin) * layout.m_numel, layout.m_position, layout.m_tile, kWinogradChannels},
        job.target, first, count, channel, channel + channels, part.epilogue, part.write,
        sum ? &sums : nullptr);
    if (sum) moments.set(block, channel, channels, sums);
  }
}

template <class T>
void transform_patches(const Job<T>& job, const Layout& layout, Index first, Index count,
                       float* v) {
  job.form->patches(job.source, first, count, 0, job.source.c,
                    {v, layout.v_position, job.source.c, kWinogradChannels});
}

// Sizes of the buffers. All parts use the same V and M, one after the other. Each worker has its
// own, except that all share V when the work is divided by panel.
struct Sizes {
  Index u, v = 0, m = 0;   // elements of U if it is not prepared, of one V, of one M
  Index vs, ms;            // number of V and M buffers
  Index blocks, channels;  // for the moments; no blocks if U is prepared

  template <class T>
  Sizes(const Cpu& cpu, std::span<const Part<T>> parts, const Cut& cut, bool has_u)
      : vs(cut.by_panel ? 1 : cpu.threads),
        ms(cpu.threads),
        blocks(has_u ? 0 : divide_up(parts[0].job.tiles, cut.block)),
        channels(parts[0].job.target.c) {
    for (const Part<T>& part : parts) {
      const Layout layout(part.job, cut.block);
      v = std::max(v, layout.v_numel);
      m = std::max(m, cut.group * layout.m_numel);
    }
    const Job<T>& job = parts[0].job;
    u = has_u ? 0 : job.panel_numel() * (cut.by_panel ? cpu.threads : job.panels());
  }

  std::size_t bytes() const {
    return kScratchAlignment + scratch_bytes<float>(u) + scratch_bytes<float>(vs * v) +
           scratch_bytes<float>(ms * m) + BlockMoments::bytes(blocks, channels);
  }
};

struct Buffers {
  float *u, *v, *m;
  BlockMoments moments;

  Buffers(const Sizes& sizes, Scratch scratch)
      : u(scratch.take<float>(sizes.u)),
        v(scratch.take<float>(sizes.vs * sizes.v)),
        m(scratch.take<float>(sizes.ms * sizes.m)),
        moments(sizes.blocks, sizes.channels, scratch) {}
};

template <class T>
void run_by_block(const Cpu& cpu, std::span<const Part<T>> parts, Index block, const Sizes& sizes,
                  const Buffers& buffers) {
  const Part<T>& front = parts[0];
  if (front.weights.u == nullptr) make_u(cpu, front.job, front.weights.plain, buffers.u);
  const Index tiles = front.job.tiles;
  parallel_workers(cpu, divide_up(tiles, block), [&](Index task, Index worker) {
    const Index first = task * block, count = std::min(block, tiles - first);
    float* const v = buffers.v + worker * sizes.v;
    for (const Part<T>& part : parts) {
      const Job<T>& job = part.job;
      const Layout layout(job, block);
      const float* const u = part.weights.u != nullptr ? part.weights.u : buffers.u;
      transform_patches(job, layout, first, count, v);
      for (Index panel = 0; panel < job.panels(); ++panel) {
        multiply_panels(part, layout, first, count, panel, panel + 1, v,
                        u + panel * job.panel_numel(), buffers.m + worker * sizes.m,
                        buffers.moments, task);
      }
    }
  });
}

template <class T>
void run_by_panel(const Cpu& cpu, const Part<T>& part, Index group, const Sizes& sizes,
                  const Buffers& buffers) {
  constexpr Index kTilesPerTask = 6;
  const Job<T>& job = part.job;
  const Layout layout(job, job.tiles);
  parallel_workers(cpu, divide_up(job.tiles, kTilesPerTask), [&](Index task, Index) {
    const Index first = task * kTilesPerTask;
    transform_patches(job, layout, first, std::min(kTilesPerTask, job.tiles - first),
                      buffers.v + first * job.source.c);
  });
  parallel_workers(cpu, divide_up(job.panels(), group), [&](Index task, Index worker) {
    const Index begin = task * group, end = std::min(begin + group, job.panels());
    float* const own = buffers.u + worker * job.panel_numel();
    const bool has_u = part.weights.u != nullptr;
    if (!has_u) transform_panel(job, part.weights.plain, begin, 0, job.source.c, own);
    const float* const u = has_u ? part.weights.u + begin * job.panel_numel() : own;
    multiply_panels(part, layout, 0, job.tiles, begin, end, buffers.v, u,
                    buffers.m + worker * sizes.m, buffers.moments, 0);
  });
}

}  // namespace

template <class T>
std::size_t parts_workspace_bytes(const Cpu& cpu, std::span<const Part<T>> parts, bool has_u) {
  return Sizes(cpu, parts, Cut(cpu, parts, has_u), has_u).bytes();
}

template <class T>
void run_parts(const Cpu& cpu, std::span<const Part<T>> parts, std::span<std::byte> workspace) {
  const bool has_u = parts[0].weights.u != nullptr;
  const Cut cut(cpu, parts, has_u);
  const Sizes sizes(cpu, parts, cut, has_u);
  const Buffers buffers(sizes, Scratch(workspace));
  if (cut.by_panel) {
    for (const Part<T>& part : parts) run_by_panel(cpu, part, cut.group, sizes, buffers);
  } else {
    run_by_block(cpu, parts, cut.block, sizes, buffers);
  }
  double* const statistics = parts[0].epilogue.statistics;
  if (statistics != nullptr) buffers.moments.combine(statistics);
}

#define FPANET_INSTANTIATE(T)                                                          \
  template void run_parts(const Cpu&, std::span<const Part<T>>, std::span<std::byte>); \
  template std::size_t parts_workspace_bytes(const Cpu&, std::span<const Part<T>>, bool)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels::winograd
