// What cuDNN makes of every convolution of FPA-Net, without a GPU: it plans for an H100 that is only
// described. Running the plans, and measuring which is fastest, needs the GPU.

#include <doctest/doctest.h>

#include <atomic>
#include <cstdio>
#include <set>
#include <stdexcept>

#include "kernels/cudnn/candidates.hpp"
#include "kernels/cudnn/forward.hpp"
#include "models/program.hpp"

#if CUDNN_VERSION >= 90800  // planning without a GPU

using namespace fpanet;
using namespace fpanet::kernels;

namespace {

/// An H100 SXM as CUDA's device attributes report it, under cuDNN's names.
const char* const kH100 = R"({
  "deviceName": "NVIDIA H100 80GB HBM3", "deviceVer": 900, "driverVer": 13000, "cudaDeviceId": 0,
  "pciDeviceId": 0, "isTccDriver": 0, "supportCoopLaunch": 1, "multiProcessorCount": 132,
  "smClockRateKHz": 1980000, "memClockRateKHz": 2619000, "l2CacheSize": 52428800, "warpSize": 32,
  "totalGlobalMem": 85000000000, "maxSharedMemoryPerBlock": 49152,
  "maxSharedMemoryPerBlockOptin": 232448, "reservedSharedMemoryPerBlock": 1024,
  "regsPerBlock": 65536, "maxRegistersPerSM": 65536, "maxCtasPerSM": 32,
  "maxThreadsPerBlock": 1024, "maxThreadsPerSM": 2048, "maxGridSize": [2147483647, 65535, 65535],
  "maxBlockSize": [1024, 1024, 64]
})";

/// Every convolution of the training step at batch 16, 320x320, once; with a bias, with statistics, or
/// alone.
std::vector<ConvolutionProblem> convolutions() {
  ParameterStore store;
  const std::unique_ptr<Network> network = make_network(store, {});
  store.allocate(DType::f32, Device::cpu(), true);
  AdamWState optimizer(store, 1e-4);
  const Program program(Cpu{1}, *network, &optimizer, store,
                        {.kind = ProgramKind::train, .batch = 16});
  std::set<std::string> seen;
  std::vector<ConvolutionProblem> found;
  for (const Node& node : program.graph().nodes()) {
    const bool statistics = node.op->name() == "conv2d_with_statistics";
    if (node.op->name() != "conv2d" && !statistics) continue;
    const std::vector<Spec> in = program.graph().input_specs(node);
    const Shape &x = in[0].shape, &w = in[1].shape;
    int stride = 0, padding = 0;
    REQUIRE(std::sscanf(node.op->parameters().c_str(), "stride=%d padding=%d", &stride, &padding) ==
            2);
    const ConvolutionProblem problem{
        .geometry = {x[0], x[1], x[2], x[3], w[0], w[2], w[3], stride, padding},
        .epilogue = {.bias = in.size() == 3, .statistics = statistics}};
    if (seen.insert(problem.str()).second) found.push_back(problem);
  }
  return found;
}

void check_planned(const ConvolutionProblem& problem, const CudnnTarget& target,
                   EngineDemands demands) {
  CAPTURE(problem.str());
  const CudnnDescriptor graph = operation_graph(problem, target);
  const auto engines = ranked_engines(graph, target, problem.dtype, demands);
  REQUIRE(!engines.empty());
  const auto plan = ConvolutionPlan::build(graph, target, engines.front());
  REQUIRE(plan.has_value());
  CHECK(plan->workspace_bytes() < (std::size_t{1} << 30));
}

}  // namespace

TEST_CASE("cudnn: every convolution of FPA-Net has a plan for an H100, each pass, f32 and bf16") {
  const CudnnTarget target(kH100);
  const auto found = convolutions();
  CHECK(found.size() > 20);
  for (ConvolutionProblem problem : found) {
    problem.epilogue = {};
    for (const DType dtype : {DType::f32, DType::bf16}) {
      problem.dtype = dtype;
      for (const Conv2dPass pass :
           {Conv2dPass::forward, Conv2dPass::backward_input, Conv2dPass::backward_weight}) {
        problem.pass = pass;
        check_planned(problem, target, {});
      }
    }
  }
}

TEST_CASE("cudnn: graphs with epilogues and accumulation are well formed; f32 biases have plans") {
  const CudnnTarget target(kH100);
  for (ConvolutionProblem problem : convolutions()) {
    for (const DType dtype : {DType::f32, DType::bf16}) {
      problem.dtype = dtype;
      for (const bool residual : {false, true}) {
        for (const bool relu : {false, true}) {
          problem.epilogue = {true, residual, relu};
          CHECK_NOTHROW(operation_graph(problem, target));
        }
      }
    }
  }
  // Engines of other epilogues are compiled when planned, which takes the driver's library.
  const Conv2dGeometry g{16, 64, 80, 80, 64, 3, 3, 1, 1};
  check_planned({.geometry = g, .epilogue = {.bias = true}}, target, {});
  check_planned({.geometry = g, .epilogue = {.bias = true, .relu = true}}, target, {});
  for (const DType dtype : {DType::f32, DType::bf16}) {
    for (const Conv2dPass pass : {Conv2dPass::backward_input, Conv2dPass::backward_weight}) {
      check_planned({.pass = pass, .geometry = g, .dtype = dtype, .accumulate = true}, target, {});
    }
  }
}

TEST_CASE("cudnn: graphs with statistics are well formed; bf16 ones may be taken") {
  const CudnnTarget target(kH100);
  int with_statistics = 0;
  for (ConvolutionProblem problem : convolutions()) {
    if (!problem.epilogue.statistics) continue;
    ++with_statistics;
    problem.dtype = DType::bf16;
    CAPTURE(problem.str());
    // Their engines are compiled, which takes the driver's library: without it cuDNN names none.
    CHECK_NOTHROW(operation_graph(problem, target));
    CHECK(can_fuse(problem, {}));
    CHECK_FALSE(can_fuse(problem, {.deterministic = true}));
    problem.dtype = DType::f32;
    CHECK_FALSE(can_fuse(problem, {}));
  }
  CHECK(with_statistics >= 16);
}

TEST_CASE("cudnn: demands leave out the engines that do not meet them") {
  const CudnnTarget target(kH100);
  const ConvolutionProblem problem{.pass = Conv2dPass::backward_weight,
                                   .geometry = {16, 64, 80, 80, 64, 3, 3, 1, 1}};
  const CudnnDescriptor graph = operation_graph(problem, target);
  const auto any = ranked_engines(graph, target, DType::f32, {.allow_tf32 = true});
  const auto exact = ranked_engines(graph, target, DType::f32, {});
  const auto same_bits = ranked_engines(graph, target, DType::f32, {.deterministic = true});
  CHECK(exact.size() < any.size());
  CHECK(same_bits.size() < exact.size());
  CHECK(!same_bits.empty());
}

TEST_CASE("cudnn: four threads plan the engines that one plans") {
  std::vector<ConvolutionProblem> problems;
  for (const Index channels : {32, 64, 128}) {
    for (const Conv2dPass pass :
         {Conv2dPass::forward, Conv2dPass::backward_input, Conv2dPass::backward_weight}) {
      problems.push_back({.pass = pass,
                          .geometry = {16, channels, 40, 40, channels, 3, 3, 1, 1},
                          .dtype = DType::bf16});
    }
  }
  constexpr std::size_t kMost = 3;
  std::vector<CudnnTarget> targets;
  for (int i = 0; i < 4; ++i) targets.emplace_back(kH100);
  std::atomic<int> begun = 0;
  const auto found = plan_candidates_of_all(problems, targets, {}, kMost, [&] { ++begun; });
  CHECK(begun == 4);
  REQUIRE(found.size() == problems.size());
  for (std::size_t i = 0; i < problems.size(); ++i) {
    CAPTURE(problems[i].str());
    const auto alone = plan_candidates(problems[i], targets.front(), {}, kMost);
    REQUIRE(found[i].size() == alone.size());
    CHECK(!alone.empty());
    for (std::size_t k = 0; k < alone.size(); ++k) {
      CHECK(found[i][k].plan.choice() == alone[k].plan.choice());
      CHECK(found[i][k].fused == alone[k].fused);
    }
  }
  // Threads that cannot begin leave their part to the caller.
  for (const auto& none : plan_candidates_of_all(problems, targets, {}, kMost,
                                                 [] { throw std::runtime_error("no GPU"); })) {
    CHECK(none.empty());
  }
}

TEST_CASE("cudnn: a partial batch is the same convolution of fewer images") {
  const ConvolutionProblem full{.geometry = {16, 64, 80, 80, 64, 3, 3, 1, 1}};
  ConvolutionProblem part = full;
  part.geometry.n = 5;
  CHECK(is_part_of(part, full));
  CHECK_FALSE(is_part_of(full, part));
  CHECK_FALSE(is_part_of(full, full));
  ConvolutionProblem other = part;
  other.geometry.w = 40;
  CHECK_FALSE(is_part_of(other, full));
  other = part;
  other.dtype = DType::bf16;
  CHECK_FALSE(is_part_of(other, full));
}

#endif
