#pragma once
// Parallel loops on OpenMP threads. The shape of the problem alone decides how work is divided,
// never the number of threads, so that 1, 2 and 8 threads give the same bits.

#include <algorithm>

#include "engine/core/device.hpp"
#include "engine/core/index.hpp"

namespace fpanet {

/// Calls f(i) for i in [0, n), in any order. f must not throw.
template <class F>
void parallel_for(const Cpu& cpu, Index n, F&& f) {
  if (n <= 1 || cpu.threads == 1) {
    for (Index i = 0; i < n; ++i) f(i);
    return;
  }
#pragma omp parallel for schedule(dynamic, 1) num_threads(cpu.threads)
  for (Index i = 0; i < n; ++i) f(i);
}

/// Calls f(begin, end, chunk) for consecutive chunks of [0, n). Every chunk has `chunk_size` items
/// except perhaps the last.
template <class F>
void parallel_chunks(const Cpu& cpu, Index n, Index chunk_size, F&& f) {
  parallel_for(cpu, divide_up(n, chunk_size), [&](Index chunk) {
    const Index begin = chunk * chunk_size;
    f(begin, std::min(n, begin + chunk_size), chunk);
  });
}

/// Elements per chunk of an elementwise op. 64 KiB of floats stay in the L1/L2 cache, and are
/// enough work to hide the cost of starting the threads.
inline constexpr Index kElementwiseChunk = 16384;

}  // namespace fpanet
