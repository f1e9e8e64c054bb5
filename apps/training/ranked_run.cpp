#include "apps/training/ranked_run.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <thread>

#include "apps/cli/failure.hpp"
#include "apps/cli/usage_error.hpp"
#include "apps/training/together.hpp"
#include "engine/core/device.hpp"

namespace fpanet {
namespace {

/// Prints a failure that only this rank knows of and ends all ranks. Most such failures happen on all
/// ranks alike, and then rank 0 has said it before the others have waited.
[[noreturn]] void end_all(const std::string& program, int rank, const Failure& failure) {
  if (rank != 0) std::this_thread::sleep_for(std::chrono::seconds(3));
  print_error(program, fmt::format("rank {}: {}", rank, failure.message));
  end_all_ranks(failure.exit_code);
}

}  // namespace

int run_ranked(const std::string& program, const std::function<int(const RankedCall&)>& body) {
  const Launch launch = detect_launch();
  if (launch.size == 1) {
    SingleRank alone;
    return body({alone, launch});
  }
  std::unique_ptr<Communicator> ranks;
  try {
    ranks = connect_ranks(launch);
  } catch (const std::exception&) {
    const Failure failure = failure_of(std::current_exception());
    if (launch.rank == 0) print_error(program, failure.message);
    return failure.exit_code;
  }
  try {
    const int exit_code = body({*ranks, launch});
    ranks->barrier();  // a launcher may end the others when the first has failed
    return exit_code;
  } catch (const SharedFailure& failure) {
    if (ranks->rank() == 0) print_error(program, failure.what());
    ranks->barrier();
    return failure.exit_code();
  } catch (const std::exception&) {
    end_all(program, ranks->rank(), failure_of(std::current_exception()));
  }
}

std::int64_t threads_of_rank(const Launch& launch, std::int64_t threads) {
  if (threads > 0 || launch.local_size == 1 || std::getenv("OMP_NUM_THREADS") != nullptr) {
    return threads;
  }
  const int usable = default_threads();
  const auto all = static_cast<int>(std::thread::hardware_concurrency());
  return usable < all ? usable : std::max(1, usable / launch.local_size);
}

std::string device_of_rank(const Communicator& ranks, const std::string& device) {
  if (ranks.size() == 1) return device;
  if (device == "auto" || device == "cpu") return "cpu";
  usage_fail(
      "--device {}: {} ranks exchange tensors of the CPU, and this build has no NCCL, which GPUs "
      "need: "
      "accepted are auto, cpu, or one rank",
      device, ranks.size());
}

}  // namespace fpanet
