#pragma once
// The GPUs of ranks, connected by NCCL.

#include <functional>
#include <memory>
#include <string>

#include "engine/distributed/communicator.hpp"

namespace fpanet {

/// Loads NCCL. Throws Error if this build does not use it, or if it cannot be loaded.
void require_nccl();

/// What to do when another rank or the network fails while this rank waits for its GPU: the message says
/// what it was. Called once, on a thread of its own, and should end the process, because the GPU may
/// wait for ever.
using RankFailure = std::function<void(const std::string& message)>;

/// Connects the GPU of `cuda` with those of the other ranks; collective. The result refers to `ranks`. Destroy
/// CUDA graphs with its calls before it.
std::unique_ptr<GpuRanks> connect_nccl_ranks(Communicator& ranks, const Cuda& cuda,
                                             RankFailure failed);

}  // namespace fpanet
