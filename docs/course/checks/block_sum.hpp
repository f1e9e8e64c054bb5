#pragma once
// Checks lesson 7: a kernel that sums numbers with one block, in two orders of its threads. Block is
// a small form of the emulated GPU in kernels/cuda/emulated.hpp.

#include <cmath>
#include <cstdio>
#include <vector>

namespace course {

constexpr int kThreads = 64;

/// Runs its threads one after the other, from barrier to barrier.
struct Block {
  float* memory;
  bool backwards;

  template <class V>
  V* shared() const {
    return memory;
  }
  /// Calls f(thread) for every thread, and has a barrier at the end.
  template <class F>
  void each(const F& f) const {
    for (int i = 0; i < kThreads; ++i) f(backwards ? kThreads - 1 - i : i);
  }
};

/// Kernel{x, count, sum} has to write the sum of x[0] to x[count - 1] to *sum, with one block of
/// kThreads threads and kThreads floats of shared memory. Returns main's exit code.
template <class Kernel>
int check() {
  for (const int count : {1, 63, 64, 65, 1000}) {
    std::vector<float> x;
    float expected = 0;
    for (int i = 0; i < count; ++i) {
      x.push_back(static_cast<float>(i % 7 - 2));  // small integers: exact in any order
      expected += x.back();
    }
    float sums[2];
    for (const bool backwards : {false, true}) {
      sums[backwards] = NAN;
      std::vector<float> shared(kThreads, NAN);  // garbage, as on a GPU
      Kernel{x.data(), count, &sums[backwards]}(Block{shared.data(), backwards});
    }
    if (sums[0] == expected && sums[1] == expected) continue;
    std::printf(
        "%d numbers: the sum is %g with threads in order, %g in reverse order, not %g%s\n", count,
        static_cast<double>(sums[0]), static_cast<double>(sums[1]), static_cast<double>(expected),
        std::isnan(sums[0]) || std::isnan(sums[1]) ? " (NaN: shared memory that nobody wrote)"
        : sums[0] != sums[1]                       ? " (the order matters: a barrier is missing)"
                                                   : "");
    return 1;
  }
  std::puts("right");
  return 0;
}

}  // namespace course
