#include <algorithm>

#include "kernels/base/parallel_workers.hpp"
#include "kernels/base/scratch.hpp"
#include "kernels/conv2d/inner_loops.hpp"
#include "kernels/conv2d/winograd.hpp"
#include "kernels/conv2d/winograd_tiles.hpp"

namespace fpanet::kernels::winograd {
namespace {

constexpr Index kBlock = kWinogradChannels;

// Transformed tiles as [position][channels / 16][tile][16], so that a product of 16 by 16 channels
// reads contiguous memory.
struct Layout {
  Index block, position, numel;

  Layout(Index channels, Index tiles)
      : block(tiles * kBlock),
        position(channels / kBlock * block + kBlock),
        numel(kWinogradPositions * position) {}
};

// dU of `rows` x `cols` channel blocks as [position][row][col][16][16].
struct Sums {
  Index rows, cols, position, numel;

  Sums(Index r, Index c)
      : rows(r),
        cols(c),
        position(r * c * kBlock * kBlock + kBlock),
        numel(kWinogradPositions * position) {}
};

// How the work is divided: `batch` tiles at a time are transformed, then multiplied.
//
// Shared, if there are many channels: all threads transform a batch, then each thread takes groups
// of channel blocks. Batches are large, so that dU is seldom read back.
// Otherwise every chunk of tiles has its own dU, and a task keeps its V, Z and dU in L2.
struct Cut {
  Index tiles;  // of all images
  bool shared;
  Index batch, batches, chunks;
  Index group_o, group_c;  // channel blocks of one task

  explicit Cut(const Conv2dGeometry& g)
      : tiles(g.n * divide_up(g.out_h(), kWinogradTile) * divide_up(g.out_w(), kWinogradTile)) {
    constexpr Index kOwnChannels = 2048;  // largest C_in * C_out whose dU fits in L2
    constexpr Index kOwnBatch = 64 * 1024, kLeastBatch = 1024 * 1024, kMostBatch = 4 * kLeastBatch;
    constexpr Index kChunks = 16, kGroup = 2;
    shared = g.c_in * g.c_out > kOwnChannels;
    const Index du_numel = kWinogradPositions * g.c_in * g.c_out;
    const Index tile_numel = kWinogradPositions * (g.c_in + g.c_out);
    const Index numel = shared ? std::clamp(2 * du_numel, kLeastBatch, kMostBatch) : kOwnBatch;
    batches = divide_up(tiles, std::max<Index>(numel / tile_numel, 1));
    batch = divide_up(tiles, batches);
    chunks = shared ? 1 : std::min(batches, kChunks);
    group_o = shared ? std::min(kGroup, g.c_out / kBlock) : g.c_out / kBlock;
    group_c = shared ? std::min(kGroup, g.c_in / kBlock) : g.c_in / kBlock;
  }
};

template <class T>
struct WeightJob {
  Conv2dGeometry g;
  WinogradImages<const T> x, dy;
  Cut cut;
  Layout v, z;
  Sums sums;
  Index tasks_o, tasks_c;

  WeightJob(const Conv2dGeometry& geometry, const T* px, const T* pdy)
      : g(geometry),
        cut(g),
        v(g.c_in, cut.batch),
        z(g.c_out, cut.batch),
        sums(cut.group_o, cut.group_c),
        tasks_o(divide_up(g.c_out / kBlock, cut.group_o)),
        tasks_c(divide_up(g.c_in / kBlock, cut.group_c)) {
    const Index rows = divide_up(g.out_h(), kWinogradTile);
    const Index cols = divide_up(g.out_w(), kWinogradTile);
    x = WinogradImages<const T>::dense(px, g.n, g.h, g.w, g.c_in, rows, cols, g.padding);
    dy = WinogradImages<const T>::dense(pdy, g.n, g.out_h(), g.out_w(), g.c_out, rows, cols, 0);
  }
};

// Computes V and Z of tiles [first, first + count), which are tiles `at`, at + 1, ... of the batch.
template <class T>
void transform_tiles(const WeightJob<T>& job, Index first, Index count, Index at, float* v,
                     float* z) {
  const auto& transforms = winograd_kernels<T>();
  transforms.whole.patches(job.x, first, count, 0, job.g.c_in,
                           {v + at * kBlock, job.v.position, kBlock, job.v.block});
  transforms.gradients(job.dy, first, count, 0, job.g.c_out,
                       {z + at * kBlock, job.z.position, kBlock, job.z.block});
}

// dU += Z^T V over `count` tiles for one group of channel blocks at all positions.
template <class T>
void multiply_group(const WeightJob<T>& job, Index task, Index count, const float* v,
                    const float* z, float* du, GemmStart start) {
  const auto& loops = conv2d_inner_loops<float>();
  const Index row = task / job.tasks_c * job.sums.rows, col = task % job.tasks_c * job.sums.cols;
  const Index rows = std::min(job.sums.rows, job.g.c_out / kBlock - row);
  const Index cols = std::min(job.sums.cols, job.g.c_in / kBlock - col);
  GemmPanel<float> p;
  p.start = start;
  p.a_row = 1;
  p.a_k = p.b_k = p.c_row = kBlock;
  p.m = kBlock;
  p.n = std::min(kBlock, loops.width);
  p.run = count;
  p.ahead_numel = count * kBlock;
  for (Index position = 0; position < kWinogradPositions; ++position) {
    for (Index o = 0; o < rows; ++o) {
      p.a = z + position * job.z.position + (row + o) * job.z.block;
      for (Index c = 0; c < cols; ++c) {
        const float* const b = v + position * job.v.position + (col + c) * job.v.block;
        float* const to =
            du + position * job.sums.position + (o * job.sums.cols + c) * kBlock * kBlock;
        p.ahead = c + 1 < cols   ? b + job.v.block
                  : o + 1 < rows ? p.a + job.z.block
                                 : b + job.v.position - c * job.v.block;
        for (Index j = 0; j < kBlock; j += p.n) {
          p.b = b + j;
          p.c = to + j;
          loops.multiply(p);
        }
      }
    }
  }
}

// dw = G^T dU G of one group.
template <class T>
void finish_group(const WeightJob<T>& job, Index task, const float* du, float* dw, Write write) {
  const Index row = task / job.tasks_c * job.sums.rows, col = task % job.tasks_c * job.sums.cols;
  const Index rows = std::min(job.sums.rows, job.g.c_out / kBlock - row);
  const Index cols = std::min(job.sums.cols, job.g.c_in / kBlock - col);
  for (Index o = 0; o < rows * kBlock; ++o) {
    for (Index c = 0; c < cols; ++c) {
      winograd_kernels<T>().weight_gradients(
          du + ((o / kBlock * job.sums.cols + c) * kBlock + o % kBlock) * kBlock, job.sums.position,
          kBlock, dw + (row * kBlock + o) * 9 * job.g.c_in + (col + c) * kBlock, job.g.c_in, write);
    }
  }
}

// Threads divide the tiles of a batch among them, then the groups of channels.
template <class T>
void run_shared(const Cpu& cpu, const WeightJob<T>& job, float* v, float* z, float* du, float* dw,
                Write write) {
  constexpr Index kTilesPerTask = 8;
  const bool keep = job.cut.batches > 1;
  for (Index batch = 0; batch < job.cut.batches; ++batch) {
    const Index first = job.cut.tiles * batch / job.cut.batches;
    const Index count = job.cut.tiles * (batch + 1) / job.cut.batches - first;
    parallel_workers(cpu, divide_up(count, kTilesPerTask), [&](Index task, Index) {
      const Index at = task * kTilesPerTask;
      transform_tiles(job, first + at, std::min(kTilesPerTask, count - at), at, v, z);
    });
    parallel_workers(cpu, job.tasks_o * job.tasks_c, [&](Index task, Index worker) {
      float* const sum = du + (keep ? task : worker) * job.sums.numel;
      multiply_group(job, task, count, v, z, sum, batch == 0 ? GemmStart::zero : GemmStart::c);
      if (batch + 1 == job.cut.batches) finish_group(job, task, sum, dw, write);
    });
  }
}

// Threads divide the chunks of tiles among them; the sums of the chunks are added in order.
template <class T>
void run_chunks(const Cpu& cpu, const WeightJob<T>& job, float* v, float* z, float* du, float* dw,
                Write write) {
  const Cut& cut = job.cut;
  parallel_workers(cpu, cut.chunks, [&](Index chunk, Index worker) {
    const Index begin = cut.batches * chunk / cut.chunks;
    const Index end = cut.batches * (chunk + 1) / cut.chunks;
    float* const own_v = v + worker * job.v.numel;
    float* const own_z = z + worker * job.z.numel;
    for (Index batch = begin; batch < end; ++batch) {
      const Index first = cut.tiles * batch / cut.batches;
      const Index count = cut.tiles * (batch + 1) / cut.batches - first;
      transform_tiles(job, first, count, 0, own_v, own_z);
      multiply_group(job, 0, count, own_v, own_z, du + chunk * job.sums.numel,
                     batch == begin ? GemmStart::zero : GemmStart::c);
    }
  });
  for (Index chunk = 1; chunk < cut.chunks; ++chunk) {
    const float* const part = du + chunk * job.sums.numel;
    for (Index k = 0; k < job.sums.numel; ++k) du[k] += part[k];
  }
  finish_group(job, 0, du, dw, write);
}

struct WeightSizes {
  Index v, z, du;

  template <class T>
  WeightSizes(const Cpu& cpu, const WeightJob<T>& job) {
    const Index copies = job.cut.shared ? 1 : cpu.threads;
    v = copies * job.v.numel;
    z = copies * job.z.numel;
    const Index sums = !job.cut.shared       ? job.cut.chunks
                       : job.cut.batches > 1 ? job.tasks_o * job.tasks_c
                                             : cpu.threads;
    du = sums * job.sums.numel;
  }
};

}  // namespace

template <class T>
std::size_t backward_weight_workspace_bytes(const Cpu& cpu, const Conv2dGeometry& g) {
  const WeightSizes sizes(cpu, WeightJob<T>(g, nullptr, nullptr));
  return kScratchAlignment + scratch_bytes<float>(sizes.v) + scratch_bytes<float>(sizes.z) +
         scratch_bytes<float>(sizes.du);
}

template <class T>
void backward_weight(const Cpu& cpu, const Conv2dGeometry& g, const T* x, const T* dy, Real<T>* dw,
                     Write write, std::span<std::byte> workspace) {
  const WeightJob<T> job(g, x, dy);
  const WeightSizes sizes(cpu, job);
  Scratch scratch(workspace);
  float* const v = scratch.take<float>(sizes.v);
  float* const z = scratch.take<float>(sizes.z);
  float* const du = scratch.take<float>(sizes.du);
  (job.cut.shared ? run_shared<T> : run_chunks<T>)(cpu, job, v, z, du, dw, write);
}

#define FPANET_INSTANTIATE(T)                                                                    \
  template std::size_t backward_weight_workspace_bytes<T>(const Cpu&, const Conv2dGeometry&);    \
  template void backward_weight(const Cpu&, const Conv2dGeometry&, const T*, const T*, Real<T>*, \
                                Write, std::span<std::byte>)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels::winograd
