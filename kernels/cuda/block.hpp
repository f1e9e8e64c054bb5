#pragma once
// The programming model of the Cuda kernels. A kernel is a functor that is called once for each
// block of a grid. A block is a sequence of phases with a barrier after each phase.
//
//   struct Kernel {
//     static constexpr int kThreads = 256;
//     static constexpr int kResident = 4;  // optional: blocks that an SM's registers must hold
//     template <class Block>
//     FPANET_HD void operator()(const Block& block) const;
//   };
//   grid.run("name", blocks, shared_bytes, Kernel{...});
//
// A Block provides the following members (cuda/launch.cuh has the GPU's Block, cuda/emulated.hpp
// one that loops over its threads on the host):
//
//   index, count           number of this block, number of blocks
//   threads                number of threads in the block
//   shared<V>()            the block's shared memory of shared_bytes bytes
//   each(f)                f(thread) on every thread, then a barrier
//   each_freely(f)         f(thread) without the barrier: only later kernels may read what f writes
//   add(V* counter, V n)   atomic addition of integers, whose result does not depend on the order
//
// A phase passes values to the next phase in shared memory; registers do not survive a phase. The
// same source therefore runs on a GPU and, one thread after another, in a test without a GPU.
//
// Results depend only on the shape: it determines the partial sums, never the number of SMs, and
// they are added in a fixed order.

#include "engine/core/index.hpp"
#include "kernels/base/body.hpp"

namespace fpanet::kernels {

/// Number of blocks that a multiprocessor must have registers for: Kernel::kResident, if declared.
template <class Kernel>
constexpr int resident_blocks() {
  if constexpr (requires { Kernel::kResident; }) {
    return Kernel::kResident;
  } else {
    return 1;
  }
}

/// Maximum number of blocks of a loop over elements. With more elements, the blocks stride.
inline constexpr Index kMostBlocks = 16384;

/// Number of blocks for a loop over n elements.
constexpr Index stride_blocks(Index n, int threads) {
  const Index blocks = divide_up(n, threads);
  return blocks < kMostBlocks ? blocks : kMostBlocks;
}

/// Calls f(i) for those i of [0, n) that belong to this block in a grid-wide stride. No barrier.
template <class Block, class F>
FPANET_HD inline void grid_stride(const Block& block, Index n, const F& f) {
  block.each_freely([&](int thread) {
    for (Index i = block.index * block.threads + thread; i < n; i += block.count * block.threads) {
      f(i);
    }
  });
}

/// Calls f(i) for i in [0, n) on the threads of this block; n < 2^31. No barrier.
template <class Block, class F>
FPANET_HD inline void block_stride(const Block& block, Index n, const F& f) {
  block.each_freely([&](int thread) {
    for (int i = thread; i < static_cast<int>(n); i += block.threads) f(i);
  });
}

/// Number of values of V that reduce_lanes() needs as scratch. One per thread is enough.
constexpr Index reduce_scratch(int threads) {
  return threads;
}

/// Combines in[lane * width + o] over the lanes, for each o < width. Groups of threads first
/// combine every groups-th lane; then one thread per o combines the groups, all in order. `in`
/// holds values that the block wrote in its last phase; `scratch` has space for reduce_scratch()
/// values. Calls finish(o, total) once per o.
template <class V, class Block, class In, class Combine, class Finish>
FPANET_HD inline void reduce_lanes(const Block& block, const In* in, int lanes, int width,
                                   V* scratch, const Combine& combine, const Finish& finish) {
  const int fitting = block.threads / width;
  const int groups = fitting < 1 ? 1 : (fitting < lanes ? fitting : lanes);
  if (groups == 1) {
    block.each([&](int thread) {
      for (int o = thread; o < width; o += block.threads) {
        V total = static_cast<V>(in[o]);
        for (int lane = 1; lane < lanes; ++lane) {
          total = combine(total, static_cast<V>(in[lane * width + o]));
        }
        finish(o, total);
      }
    });
    return;
  }
  block.each([&](int thread) {
    if (thread >= groups * width) return;
    const int o = thread % width, group = thread / width;
    V total = static_cast<V>(in[group * width + o]);
    for (int lane = group + groups; lane < lanes; lane += groups) {
      total = combine(total, static_cast<V>(in[lane * width + o]));
    }
    scratch[thread] = total;
  });
  block.each([&](int thread) {
    if (thread >= width) return;
    V total = scratch[thread];
    for (int group = 1; group < groups; ++group) {
      total = combine(total, scratch[group * width + thread]);
    }
    finish(thread, total);
  });
}

struct Plus {
  template <class V>
  FPANET_HD V operator()(const V& a, const V& b) const {
    return a + b;
  }
};

}  // namespace fpanet::kernels
