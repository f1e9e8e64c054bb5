#pragma once
// Programs that mpirun, srun or torchrun may start as several ranks.

#include <cstdint>
#include <functional>
#include <string>

#include "apps/training/model_session.hpp"
#include "engine/distributed/launch.hpp"

namespace fpanet {

/// One rank's view of a program's ranks.
struct RankedCall {
  Communicator& ranks;
  Launch launch = {};
  std::string program = {};

  bool is_first() const { return ranks.rank() == 0; }
};

/// Connects the ranks that this process was started with, calls `body` and returns its exit code. A
/// failure that all ranks know of (SharedFailure) is printed by rank 0. After any other one, which only
/// this rank knows of, the message names the rank, and all ranks end at once.
int run_ranked(const std::string& program, const std::function<int(const RankedCall&)>& body);

/// The threads of a rank: --threads if it is not 0; else what this process may use, divided among the
/// ranks on this machine unless the launcher has bound each to processors of its own.
std::int64_t threads_of_rank(const Launch& launch, std::int64_t threads);

/// The device of a rank, as --device names it: of several ranks, cuda is the GPU of the local rank, or the
/// only one that the launcher shows it; auto is that GPU if every rank can use its own, else the CPU.
/// Collective. Throws SharedFailure if a rank has no GPU that was asked for, or without NCCL.
std::string device_of_rank(const RankedCall& call, const std::string& device,
                           const std::string& precision);

/// Connects the GPUs of several ranks; nothing on CPUs. Collective. If another rank ends while this one
/// waits for its GPU, all ranks end.
void connect_gpus(const RankedCall& call, const Placement& placement);

}  // namespace fpanet
