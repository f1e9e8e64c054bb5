#pragma once
// How the kernels share out their workspace: a bump allocator, and loops that tell the body
// which worker runs it so that each worker reuses one private piece.

#include <omp.h>

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/core/device.hpp"
#include "engine/core/shape.hpp"

namespace fpanet::kernels {

inline constexpr std::size_t kScratchAlignment = 64;

/// Bytes that `take<T>(count)` uses up at most.
template <class T>
constexpr std::size_t scratch_bytes(Index count) {
  const std::size_t bytes = static_cast<std::size_t>(count) * sizeof(T);
  return (bytes + kScratchAlignment - 1) / kScratchAlignment * kScratchAlignment;
}

/// Hands out 64-byte aligned pieces of a workspace, front to back. A workspace of the sum of the
/// pieces' scratch_bytes plus kScratchAlignment suffices whatever its own alignment.
class Scratch {
 public:
  explicit Scratch(std::span<std::byte> workspace) : rest_(workspace) {
    const auto address = reinterpret_cast<std::uintptr_t>(rest_.data());
    const std::size_t skip = (kScratchAlignment - address % kScratchAlignment) % kScratchAlignment;
    if (!rest_.empty()) rest_ = rest_.subspan(skip);
  }

  template <class T>
  T* take(Index count) {
    const std::size_t bytes = scratch_bytes<T>(count);
    assert(bytes <= rest_.size());
    T* piece = reinterpret_cast<T*>(rest_.data());
    rest_ = rest_.subspan(bytes);
    return piece;
  }

 private:
  std::span<std::byte> rest_;
};

/// f(i, worker) for i in [0, n), in any order; worker in [0, cpu.threads) is busy with one i at a
/// time. What f computes may depend on i alone, never on worker.
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
