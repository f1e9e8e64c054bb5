#include "kernels/conv2d_winograd.hpp"

#include <algorithm>

#include "kernels/conv2d_level.hpp"
#include "kernels/parallel_workers.hpp"
#include "kernels/scratch.hpp"
#include "kernels/winograd_tiles.hpp"

namespace fpanet::kernels::winograd {
namespace {

enum class Direction { forward, backward_input };

// One direction of a convolution: `source` convolved with U gives `target`.
struct Job {
  Conv2dGeometry g;
  Direction direction;
  WinogradImages<const float> source;
  WinogradImages<float> target;
  Index tiles;  // of all images

  Job(const Conv2dGeometry& geometry, Direction d, const float* from, float* to)
      : g(geometry), direction(d) {
    const bool forward = d == Direction::forward;
    const Index h = forward ? g.out_h() : g.h, w = forward ? g.out_w() : g.w;
    const Index rows = divide_up(h, kWinogradTile), cols = divide_up(w, kWinogradTile);
    source = forward ? WinogradImages<const float>{from, g.h, g.w, g.c_in, rows, cols, g.padding}
                     : WinogradImages<const float>{from, g.out_h(), g.out_w(),    g.c_out,
                                                   rows, cols,      2 - g.padding};
    target = {to, h, w, forward ? g.c_out : g.c_in, rows, cols, 0};
    tiles = g.n * rows * cols;
  }
  Index panels() const { return divide_up(target.c, conv2d_level<float>().width); }
  // U is [panel][position][source channel][width]; the spare row keeps the 36 positions of a
  // channel out of each other's cache sets.
  Index u_position() const { return (source.c + 1) * conv2d_level<float>().width; }
  Index panel_numel() const { return kWinogradPositions * u_position(); }
};

// How a job is cut: tiles are taken `block` at a time.
//
// By block: U is made first; a task takes one block from patches to outputs, with V in its L2.
// By panel, where tiles are few and U (four times the weights) is larger than caches: one block of
// all tiles, whose V all tasks share; a task makes one panel of U, which then stays in its cache,
// and takes it to the outputs. So U never goes to memory, and few tiles still make many tasks.
struct Cut {
  bool by_panel;
  Index block, blocks;
  Index v_position, v_numel;
  Index m_position, m_numel;

  explicit Cut(const Job& job) {
    constexpr Index kLargeU = 1024 * 1024;  // elements
    constexpr Index kLeast = 12, kMost = 48, kTasks = 8, kRows = 12;
    const Index width = conv2d_level<float>().width;
    const Index cache_numel = conv2d_level<float>().cache_numel;
    const Index tile_numel = kWinogradPositions * job.source.c;
    by_panel = tile_numel * job.target.c >= kLargeU && job.tiles <= job.target.c / 2;
    if (by_panel) {
      block = job.tiles;
    } else {
      const Index most = std::clamp(cache_numel / tile_numel, kLeast, kMost);
      const Index wanted = std::max(divide_up(job.tiles, most), kTasks);
      block = divide_up(divide_up(job.tiles, wanted), kRows) * kRows;
    }
    blocks = divide_up(job.tiles, block);
    // The spare channels keep the 36 positions of a tile out of each other's cache sets.
    v_position = block * job.source.c + kWinogradChannels;
    v_numel = kWinogradPositions * v_position;
    m_position = block * width + kWinogradChannels;
    m_numel = kWinogradPositions * m_position;
  }
};

// One panel of U, [position][source channel][width], rows [begin, end).
void transform_weights(const Job& job, Index panel, Index begin, Index end, const float* w,
                       float* u) {
  const auto& level = conv2d_level<float>();
  const Index width = level.width, position = job.u_position();
  const Index first = panel * width, count = std::min(width, job.target.c - first);
  if (job.direction == Direction::backward_input) {
    for (Index o = begin; o < end; ++o) {
      level.winograd.weights(w + (o * 9 + 8) * job.g.c_in + first, -job.g.c_in, count,
                             u + o * width, position);
    }
    return;
  }
  constexpr Index kRows = kWinogradChannels, kMaxWidth = 32;
  for (Index c = begin; c < end; c += kRows) {
    float columns[9 * kRows * kMaxWidth];  // [tap][c][output channel]
    for (Index j = 0; j < count; ++j) {
      const float* const from = w + (first + j) * 9 * job.g.c_in + c;
      for (Index tap = 0; tap < 9; ++tap) {
        for (Index k = 0; k < kRows; ++k) {
          columns[(tap * kRows + k) * width + j] = from[tap * job.g.c_in + k];
        }
      }
    }
    for (Index k = 0; k < kRows; ++k) {
      level.winograd.weights(columns + k * width, kRows * width, count, u + (c + k) * width,
                             position);
    }
  }
}

// Tiles [first, first + count), all of a block from V to the target, for one panel.
void multiply_panel(const Job& job, const Cut& cut, Index first, Index count, Index panel,
                    const float* v, const float* u, const Conv2dEpilogue<float>& epilogue, float* m,
                    Write write) {
  const auto& level = conv2d_level<float>();
  const Index begin = panel * level.width;
  GemmPanel<float> p;
  p.a_row = job.source.c;
  p.b_k = level.width;
  p.c_row = level.width;
  p.m = count;
  p.n = std::min(level.width, job.target.c - begin);
  p.run = job.source.c;
  p.ahead_numel = p.run * level.width;
  for (Index position = 0; position < kWinogradPositions; ++position) {
    p.a = v + position * cut.v_position;
    p.b = u + position * job.u_position();
    p.c = m + position * cut.m_position;
    p.ahead = p.b + job.u_position();
    level.multiply(p);
  }
  level.winograd.outputs({m, cut.m_position, level.width, kWinogradChannels}, job.target, first,
                         count, begin, begin + p.n, epilogue, write);
}

void transform_patches(const Job& job, const Cut& cut, Index first, Index count, float* v) {
  conv2d_level<float>().winograd.patches(job.source, first, count, 0, job.source.c,
                                         {v, cut.v_position, job.source.c, kWinogradChannels});
}

// All of U.
void transform_all_weights(const Cpu& cpu, const Job& job, const float* w, float* u) {
  const Index steps = job.source.c / kWinogradChannels;
  parallel_workers(cpu, job.panels() * steps, [&](Index task, Index) {
    const Index panel = task / steps, row = task % steps * kWinogradChannels;
    transform_weights(job, panel, row, row + kWinogradChannels, w, u + panel * job.panel_numel());
  });
}

// A run's weights: as they are, or as all of U.
struct Weights {
  const float* plain;
  const float* u;
};

struct Sizes {
  Index u, v, m;

  Sizes(const Cpu& cpu, const Job& job, const Cut& cut, bool prepared)
      : u(prepared ? 0 : job.panel_numel() * (cut.by_panel ? cpu.threads : job.panels())),
        v(cut.v_numel * (cut.by_panel ? 1 : cpu.threads)),
        m(cut.m_numel * cpu.threads) {}
};

struct Buffers {
  float *u, *v, *m;

  Buffers(const Sizes& sizes, std::span<std::byte> workspace) {
    Scratch scratch(workspace);
    u = scratch.take<float>(sizes.u);
    v = scratch.take<float>(sizes.v);
    m = scratch.take<float>(sizes.m);
  }
};

void run_by_block(const Cpu& cpu, const Job& job, const Cut& cut, const Weights& weights,
                  const Conv2dEpilogue<float>& epilogue, Write write, const Buffers& buffers) {
  if (weights.u == nullptr) transform_all_weights(cpu, job, weights.plain, buffers.u);
  const float* const u = weights.u != nullptr ? weights.u : buffers.u;
  parallel_workers(cpu, cut.blocks, [&](Index block, Index worker) {
    const Index first = block * cut.block, count = std::min(cut.block, job.tiles - first);
    float* const v = buffers.v + worker * cut.v_numel;
    transform_patches(job, cut, first, count, v);
    for (Index panel = 0; panel < job.panels(); ++panel) {
      multiply_panel(job, cut, first, count, panel, v, u + panel * job.panel_numel(), epilogue,
                     buffers.m + worker * cut.m_numel, write);
    }
  });
}

void run_by_panel(const Cpu& cpu, const Job& job, const Cut& cut, const Weights& weights,
                  const Conv2dEpilogue<float>& epilogue, Write write, const Buffers& buffers) {
  constexpr Index kTilesPerTask = 6;
  parallel_workers(cpu, divide_up(job.tiles, kTilesPerTask), [&](Index task, Index) {
    const Index first = task * kTilesPerTask;
    transform_patches(job, cut, first, std::min(kTilesPerTask, job.tiles - first),
                      buffers.v + first * job.source.c);
  });
  parallel_workers(cpu, job.panels(), [&](Index panel, Index worker) {
    float* const own = buffers.u + worker * job.panel_numel();
    if (weights.u == nullptr) {
      transform_weights(job, panel, 0, job.source.c, weights.plain, own);
    }
    multiply_panel(job, cut, 0, job.tiles, panel, buffers.v,
                   weights.u != nullptr ? weights.u + panel * job.panel_numel() : own, epilogue,
                   buffers.m + worker * cut.m_numel, write);
  });
}

std::size_t workspace_bytes(const Cpu& cpu, const Conv2dGeometry& g, Direction direction,
                            bool prepared = false) {
  const Job job(g, direction, nullptr, nullptr);
  const Sizes sizes(cpu, job, Cut(job), prepared);
  return kScratchAlignment + scratch_bytes<float>(sizes.u) + scratch_bytes<float>(sizes.v) +
         scratch_bytes<float>(sizes.m);
}

void run(const Cpu& cpu, const Job& job, const Weights& weights,
         const Conv2dEpilogue<float>& epilogue, Write write, std::span<std::byte> workspace) {
  const Cut cut(job);
  const Buffers buffers(Sizes(cpu, job, cut, weights.u != nullptr), workspace);
  (cut.by_panel ? run_by_panel : run_by_block)(cpu, job, cut, weights, epilogue, write, buffers);
}

}  // namespace

bool supports(const Conv2dGeometry& g) {
  return g.kernel_h == 3 && g.kernel_w == 3 && g.stride == 1 && g.padding <= 2 &&
         g.c_in % kWinogradChannels == 0 && g.c_out % kWinogradChannels == 0;
}

bool is_worthwhile(const Conv2dGeometry& g) {
  constexpr Index kWorthwhileMacs = Index{1} << 27;
  return supports(g) && g.macs() >= kWorthwhileMacs;
}

std::size_t forward_workspace_bytes(const Cpu& cpu, const Conv2dGeometry& g) {
  return workspace_bytes(cpu, g, Direction::forward);
}

void forward(const Cpu& cpu, const Conv2dGeometry& g, const float* x, const float* w,
             const Conv2dEpilogue<float>& epilogue, float* y, std::span<std::byte> workspace) {
  run(cpu, Job(g, Direction::forward, x, y), {w, nullptr}, epilogue, Write::assign, workspace);
}

Index prepared_numel(const Conv2dGeometry& g) {
  constexpr Index kMostTiles = 128;
  const Job job(g, Direction::forward, nullptr, nullptr);
  return job.tiles <= kMostTiles ? job.panels() * job.panel_numel() : 0;
}

void prepare(const Cpu& cpu, const Conv2dGeometry& g, const float* w, float* u) {
  transform_all_weights(cpu, Job(g, Direction::forward, nullptr, nullptr), w, u);
}

std::size_t forward_prepared_workspace_bytes(const Cpu& cpu, const Conv2dGeometry& g) {
  return workspace_bytes(cpu, g, Direction::forward, true);
}

void forward_prepared(const Cpu& cpu, const Conv2dGeometry& g, const float* x, const float* u,
                      const Conv2dEpilogue<float>& epilogue, float* y,
                      std::span<std::byte> workspace) {
  run(cpu, Job(g, Direction::forward, x, y), {nullptr, u}, epilogue, Write::assign, workspace);
}

std::size_t backward_input_workspace_bytes(const Cpu& cpu, const Conv2dGeometry& g) {
  return workspace_bytes(cpu, g, Direction::backward_input);
}

void backward_input(const Cpu& cpu, const Conv2dGeometry& g, const float* dy, const float* w,
                    float* dx, Write write, std::span<std::byte> workspace) {
  run(cpu, Job(g, Direction::backward_input, dy, dx), {w, nullptr}, {}, write, workspace);
}

}  // namespace fpanet::kernels::winograd
