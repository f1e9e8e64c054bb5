#include "apps/training/ranked_run.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <thread>

#include "apps/cli/exit_codes.hpp"
#include "apps/cli/failure.hpp"
#include "apps/cli/usage_error.hpp"
#include "apps/training/together.hpp"
#include "engine/core/cuda_device.hpp"
#include "engine/core/device.hpp"
#include "engine/core/error.hpp"
#include "engine/distributed/nccl_ranks.hpp"

namespace fpanet {
namespace {

/// Returns when all ranks have ended what they do. While one still uses its GPU, its watch would take the
/// end of another for a failure.
void end_together(Communicator& ranks) {
  ranks.barrier();
  ranks.use_gpus(nullptr);
  ranks.barrier();  // a launcher may end the others when the first has failed
}

/// Prints a failure that only this rank knows of and ends all ranks. Most such failures happen on all
/// ranks alike, and then rank 0 has said it before the others have waited.
[[noreturn]] void end_all(const std::string& program, int rank, const Failure& failure) {
  if (rank != 0) std::this_thread::sleep_for(std::chrono::seconds(3));
  print_error(program, fmt::format("rank {}: {}", rank, failure.message));
  end_all_ranks(failure.exit_code);
}

/// The index of the GPU that belongs to a rank. Throws UsageError if there is none, and Error without NCCL.
int gpu_of_rank(const Launch& launch) {
  require_nccl();
  const CudaSupport support = cuda_support();
  if (!support.problem.empty()) usage_fail("--device cuda: {}", support.problem);
  // A launcher may show each rank its own GPU alone (srun --gpus-per-task=1).
  const std::size_t index =
      support.devices.size() == 1 ? 0 : static_cast<std::size_t>(launch.local_rank);
  if (index >= support.devices.size()) {
    usage_fail("--device cuda: {} GPUs are here, too few for local rank {}", support.devices.size(),
               launch.local_rank);
  }
  const CudaDeviceInfo& gpu = support.devices[index];
  if (!gpu.problem.empty()) usage_fail("--device cuda: {}: {}", gpu.name, gpu.problem);
  return gpu.index;
}

}  // namespace

int run_ranked(const std::string& program, const std::function<int(const RankedCall&)>& body) {
  const Launch launch = detect_launch();
  if (launch.size == 1) {
    SingleRank alone;
    return body({alone, launch, program});
  }
  std::unique_ptr<Communicator> ranks;
  try {
    ranks = connect_ranks(launch);
  } catch (const std::exception&) {
    const Failure failure = failure_of(std::current_exception());
    if (launch.rank == 0) print_error(program, failure.message);
    // Without rank 0 there may be nobody else to say it.
    if (launch.rank > 0 && launch.by == Launcher::torchrun) {
      print_error(program, fmt::format("rank {}: {}", launch.rank, failure.message));
    }
    return failure.exit_code;
  }
  try {
    const int exit_code = body({*ranks, launch, program});
    end_together(*ranks);
    return exit_code;
  } catch (const SharedFailure& failure) {
    if (ranks->rank() == 0) print_error(program, failure.what());
    end_together(*ranks);
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

std::string device_of_rank(const RankedCall& call, const std::string& device,
                           const std::string& precision) {
  Communicator& ranks = call.ranks;
  if (ranks.size() == 1 || device == "cpu") return device;
  const bool is_auto = device == "auto";
  if (is_auto && precision == "fp64") return "cpu";
  std::optional<int> gpu;
  const auto find = [&] {
    if (!is_auto && device != "cuda") {
      usage_fail(
          "--device {}: the local rank of each of {} ranks chooses its GPU: say cuda, or cpu",
          device, ranks.size());
    }
    gpu = gpu_of_rank(call.launch);
  };
  if (!is_auto) {
    together(ranks, find);
  } else {
    try {
      find();
    } catch (const std::exception&) {  // no rank uses a GPU then
    }
    if (on_any(ranks, !gpu)) return "cpu";
  }
  return fmt::format("cuda:{}", *gpu);
}

void connect_gpus(const RankedCall& call, const Placement& placement) {
  const Cuda* const cuda = std::get_if<Cuda>(&placement.context);
  if (call.ranks.size() == 1 || cuda == nullptr) return;
  const std::string program = call.program;
  const int rank = call.ranks.rank();
  call.ranks.use_gpus(connect_nccl_ranks(call.ranks, *cuda, [=](const std::string& message) {
    end_all(program, rank, {.exit_code = kExitFailed, .message = message});
  }));
}

}  // namespace fpanet
