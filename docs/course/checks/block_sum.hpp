#pragma once
// Checks lesson 7: a kernel that sums numbers, on the emulated GPU, in two orders of its threads.

#include <cmath>
#include <cstdio>
#include <vector>

#include "kernels/cuda/emulated.hpp"

namespace course {

constexpr int kThreads = 64;

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
    for (const int gpu : {0, 1}) {  // threads forwards, then backwards
      sums[gpu] = NAN;
      fpanet::kernels::EmulatedGrid(fpanet::Cuda{gpu})
          .run("block_sum", 1, kThreads * static_cast<fpanet::Index>(sizeof(float)),
               Kernel{x.data(), count, &sums[gpu]});
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
