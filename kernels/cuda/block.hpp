#pragma once
// How the Cuda halves are written: a kernel is a functor that is called once for each block of a
// grid, and a block is a sequence of phases with a barrier after each.
//
//   struct Kernel {
//     static constexpr int kThreads = 256;
//     template <class Block>
//     FPANET_HD void operator()(const Block& block) const;
//   };
//   grid.run("name", blocks, shared_bytes, Kernel{...});
//
// A Block (cuda/launch.cuh has the GPU's, cuda/emulated.hpp one that loops over its threads on
// the host) gives
//
//   index, count           which block this is, of how many
//   threads                its size
//   shared<V>()            the block's shared memory, shared_bytes of it
//   each(f)                f(thread) on every thread, then a barrier
//   each_freely(f)         the same without the barrier: what f writes is for later kernels alone
//   add(V* counter, V n)   an atomic addition of integers: the only kind whose order cannot be seen
//
// What a phase leaves for the next lies in shared memory, registers do not outlive it. So the same
// source runs on a GPU and, thread after thread, in a test without one.
//
// Results depend on the shape alone: partial sums are cut by it, never by the number of SMs, and
// are added up in a fixed order.

#include "engine/core/index.hpp"
#include "kernels/base/body.hpp"

namespace fpanet::kernels {

/// Most blocks that a loop over elements is given; they stride over what is more than that.
inline constexpr Index kMostBlocks = 16384;

/// Blocks for a loop over n elements.
constexpr Index stride_blocks(Index n, int threads) {
  const Index blocks = divide_up(n, threads);
  return blocks < kMostBlocks ? blocks : kMostBlocks;
}

/// f(i) for those i of [0, n) that are this block's in a grid-wide stride. Without a barrier.
template <class Block, class F>
FPANET_HD inline void grid_stride(const Block& block, Index n, const F& f) {
  block.each_freely([&](int thread) {
    for (Index i = block.index * block.threads + thread; i < n; i += block.count * block.threads) {
      f(i);
    }
  });
}

/// f(i) for i in [0, n) over the threads of this block, n < 2^31. Without a barrier.
template <class Block, class F>
FPANET_HD inline void block_stride(const Block& block, Index n, const F& f) {
  block.each_freely([&](int thread) {
    for (int i = thread; i < static_cast<int>(n); i += block.threads) f(i);
  });
}

/// Values of V that reduce_lanes() needs behind its input: one a thread suffices.
constexpr Index reduce_scratch(int threads) {
  return threads;
}

/// Combines, for each o < width, in[lane * width + o] over the lanes: groups of threads take every
/// groups-th lane, then one thread per o the groups, all in order. `in` holds values of the block's
/// last phase, `scratch` has reduce_scratch() places. Calls finish(o, total) once per o.
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
