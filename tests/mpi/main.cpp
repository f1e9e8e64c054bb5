// Run by mpirun with any number of ranks: sums, gathering, broadcast and training steps are those of
// threads as ranks, to the bit. The exit status is 0 if they are.

#include <cmath>
#include <cstdio>
#include <cstring>
#include <vector>

#include "engine/core/error.hpp"
#include "engine/distributed/launch.hpp"
#include "engine/distributed/thread_ranks.hpp"
#include "tests/support/ranked_steps.hpp"

using namespace fpanet;

namespace {

/// What the collective functions leave on one rank.
struct Result {
  std::vector<double> doubles;
  std::vector<float> floats;
  std::vector<std::int64_t> gathered;
  std::int64_t given = 0;
  Tensor synchronised, apart;  ///< the weights after training steps
};

Result run(Communicator& ranks) {
  // More than one piece of the sums, and no multiple of the ranks.
  constexpr std::size_t kCount = (std::size_t{1} << 22) + 4097;
  Result result;
  for (std::size_t i = 0; i < kCount; ++i) {
    const double value = std::sin(static_cast<double>(i) + 100.0 * ranks.rank()) * 1e3;
    result.floats.push_back(static_cast<float>(value));
    if (i < 1000) result.doubles.push_back(value);
  }
  ranks.all_reduce(result.doubles);
  ranks.all_reduce(result.floats);
  const std::int64_t mine[] = {ranks.rank(), 7 * ranks.rank()};
  result.gathered.resize(2 * static_cast<std::size_t>(ranks.size()));
  ranks.all_gather(std::as_bytes(std::span(mine)),
                   std::as_writable_bytes(std::span(result.gathered)));
  result.given = 5 + ranks.rank();
  ranks.broadcast(std::as_writable_bytes(std::span(&result.given, 1)), ranks.size() - 1);
  ranks.barrier();
  // With three ranks, one has no image of the batch.
  const test::RankedPlan plan{.images = 2, .side = 32, .steps = 2};
  result.synchronised = test::ranked_steps(ranks, plan).values;
  result.apart = test::ranked_steps(
                     ranks, {.sync = false, .images = 2, .side = 64, .buckets = {.bytes = 1 << 20}})
                     .values;
  return result;
}

template <class T>
bool same_bits(const std::vector<T>& a, const std::vector<T>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0;
}

bool same_bits(const Tensor& a, const Tensor& b) {
  return a.bytes() == b.bytes() && std::memcmp(a.raw(), b.raw(), a.bytes()) == 0;
}

}  // namespace

int main() {
  try {
    const Launch launch = detect_launch();
    require(launch.by == Launcher::mpi, "start this with mpirun");
    const std::unique_ptr<Communicator> ranks = connect_ranks(launch);
    require(ranks->rank() == launch.rank, "MPI's rank is {}, the launcher's {}", ranks->rank(),
            launch.rank);
    const Result ours = run(*ranks);
    Result expected;
    run_thread_ranks(launch.size, [&](Communicator& threads) {
      Result result = run(threads);
      if (threads.rank() == launch.rank) expected = std::move(result);
    });
    require(same_bits(ours.doubles, expected.doubles), "sums of doubles differ");
    require(same_bits(ours.floats, expected.floats), "sums of floats differ");
    require(ours.gathered == expected.gathered, "gathered values differ");
    require(ours.given == expected.given, "given values differ");
    require(same_bits(ours.synchronised, expected.synchronised), "synchronised steps differ");
    require(same_bits(ours.apart, expected.apart), "steps without synchronisation differ");
    if (launch.rank == 0) std::printf("%d ranks agree with threads\n", launch.size);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
