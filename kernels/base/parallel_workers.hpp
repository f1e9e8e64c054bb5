#pragma once
// Loops that tell the body which worker runs it, so that each worker can reuse its own part of the
// workspace.

#include <omp.h>

#include "engine/core/device.hpp"
#include "engine/core/index.hpp"

namespace fpanet::kernels {

/// Calls f(i, worker) for i in [0, n), in any order. A worker in [0, cpu.threads) runs one i at a
/// time. The result of f may depend only on i, never on worker.
template <class F>
void parallel_workers(const Cpu& cpu, Index n, F&& f) {
  if (n <= 1 || cpu.threads == 1) {
    for (Index i = 0; i < n; ++i) f(i, 0);
    return;
  }
#pragma omp parallel for schedule(dynamic, 1) num_threads(cpu.threads)
  for (Index i = 0; i < n; ++i) f(i, omp_get_thread_num());
}

}  // namespace fpanet::kernels
