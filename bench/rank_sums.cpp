// Measures sums over ranks: the rate of the sum of all gradients of FPA-Net, and the latency of a sum as
// small as batch norm's. A launcher starts it:
//
//     mpirun -n 2 build/bin/rank_sums
//
// Rank 0 prints bytes per second and microseconds, medians of many sums, as scripts/scaling.py --check
// takes them: a rank of N sends 2 (N-1)/N of the bytes.

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <vector>

#include "engine/core/error.hpp"
#include "engine/distributed/launch.hpp"

namespace fpanet {
namespace {

constexpr std::size_t kGradients = 29'222'519;  // parameters of FPA-Net with a ResNet-34 encoder
constexpr std::size_t kStatistics = 512;        // sums of a batch norm of 256 channels

/// Median seconds of a sum of `count` values.
template <class T>
double seconds_of_sum(Communicator& ranks, std::size_t count, int repeats) {
  using Clock = std::chrono::steady_clock;
  std::vector<T> values(count, T{1});
  std::vector<double> seconds;
  for (int repeat = 0; repeat <= repeats; ++repeat) {  // the first one warms up
    ranks.barrier();
    const Clock::time_point begin = Clock::now();
    ranks.all_reduce(std::span<T>(values));
    seconds.push_back(std::chrono::duration<double>(Clock::now() - begin).count());
    std::ranges::fill(values, T{1});
  }
  const auto middle = seconds.begin() + 1 + repeats / 2;
  std::nth_element(seconds.begin() + 1, middle, seconds.end());
  return *middle;
}

void run() {
  const std::unique_ptr<Communicator> ranks = connect_ranks(detect_launch());
  require(ranks->size() > 1, "rank_sums: one rank has nothing to sum: start it with mpirun -n 2");
  const double large = seconds_of_sum<float>(*ranks, kGradients, 10);
  const double small = seconds_of_sum<double>(*ranks, kStatistics, 1000);
  if (ranks->rank() != 0) return;
  const double share = 2.0 * (ranks->size() - 1) / ranks->size();
  fmt::print("{:.4g} {:.4g}\n", share * sizeof(float) * kGradients / large, 1e6 * small);
}

}  // namespace
}  // namespace fpanet

int main() {
  try {
    fpanet::run();
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    fpanet::end_all_ranks(1);
  }
}
