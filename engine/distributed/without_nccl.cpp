#include "engine/core/error.hpp"
#include "engine/distributed/nccl_ranks.hpp"

namespace fpanet {

void require_nccl() {
  fail(
      "the GPUs of several ranks need NCCL, which this build does not use: install it (pip install "
      "nvidia-nccl-cu13, or NVIDIA's libnccl-dev) and build again, or say --device cpu");
}

std::unique_ptr<GpuRanks> connect_nccl_ranks(Communicator&, const Cuda&, RankFailure) {
  require_nccl();
  return nullptr;
}

}  // namespace fpanet
