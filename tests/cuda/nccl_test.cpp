// NCCL: one rank on any machine with a GPU, two where there are two GPUs.

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <numeric>

#include "engine/core/cuda_graph.hpp"
#include "engine/core/error.hpp"
#include "engine/core/stream.hpp"
#include "engine/distributed/nccl_ranks.hpp"
#include "engine/distributed/thread_ranks.hpp"
#include "tests/cuda/gpu.hpp"
#include "tests/support/ranked_steps.hpp"

namespace fpanet::test {
namespace {

/// Whether this build has NCCL; says so if not.
bool has_nccl() {
  try {
    require_nccl();
    return true;
  } catch (const Error& missing) {
    skip(missing.what());
    return false;
  }
}

std::unique_ptr<GpuRanks> connected(Communicator& ranks, const Cuda& cuda) {
  return connect_nccl_ranks(ranks, cuda, [](const std::string& message) { FAIL(message); });
}

Tensor count_up(Index length, Device device) {
  const Tensor values = Tensor::empty({length}, DType::f32);
  std::iota(values.span<float>().begin(), values.span<float>().end(), 1.0F);
  return values.to(device);
}

bool same_bits(const Tensor& a, const Tensor& b) {
  const Tensor x = a.to(Device::cpu()), y = b.to(Device::cpu());
  return x.bytes() == y.bytes() && std::memcmp(x.raw(), y.raw(), x.bytes()) == 0;
}

}  // namespace

TEST_CASE("cuda nccl: one rank has its own values, also out of a CUDA graph") {
  if (!has_nccl()) return;
  const Cuda& cuda = gpu();
  const Device device = Device::cuda(cuda.index);
  SingleRank alone;
  const std::unique_ptr<GpuRanks> gpus = connected(alone, cuda);
  constexpr Index kCount = 1000;
  const Tensor values = count_up(kCount, device), expected = values.clone();
  const Tensor gathered = Tensor::zeros({kCount}, DType::f32, device);
  const Tensor received = Tensor::zeros({kCount}, DType::f32, device);
  const auto enqueue = [&] {
    gpus->compute().all_gather(values.raw(), values.bytes(), gathered.raw());
    GpuChannel& background = gpus->background();
    wait_for(background.context(), cuda);
    background.all_reduce(values.span<float>());
    background.exchange_parts(values.raw(), kCount, sizeof(float), received.raw());
    background.gather_parts(values.raw(), kCount, sizeof(float));
    wait_for(cuda, background.context());
  };
  const auto check = [&] {
    synchronize(cuda);
    CHECK(same_bits(values, expected));
    CHECK(same_bits(gathered, expected));
    CHECK(same_bits(received, expected));
  };
  enqueue();
  check();
  gathered.zero();
  received.zero();
  const CudaGraph graph(cuda, enqueue);
  graph.launch();
  check();
}

TEST_CASE("cuda nccl: two ranks with a GPU each compute the step of one process") {
  if (!has_nccl()) return;
  if (cuda_support().devices.size() < 2) return skip("there is one GPU, and NCCL takes one a rank");
  RankedPlan plan{.images = 3, .steps = 3, .dtype = DType::f32};
  SingleRank alone;
  const RankedSteps whole = ranked_steps(alone, plan);
  for (const GradientSum how : {GradientSum::ordered, GradientSum::library, GradientSum::bf16}) {
    plan.buckets = {.bytes = Index{1} << 22, .sum = how};
    std::vector<RankedSteps> steps(2);
    run_thread_ranks(2, [&](Communicator& ranks) {
      const Cuda cuda = open_cuda(ranks.rank(), {.deterministic = true});
      ranks.use_gpus(connected(ranks, cuda));
      steps[static_cast<std::size_t>(ranks.rank())] = ranked_steps(ranks, plan, cuda);
      ranks.use_gpus(nullptr);
    });
    CHECK(same_bits(steps[0].values, steps[1].values));
    for (std::size_t i = 0; i < whole.losses.size(); ++i) {
      CHECK(std::abs(steps[0].losses[i] - whole.losses[i]) < 1e-4);
    }
  }
}

}  // namespace fpanet::test
