// Without a usable GPU every test of this program is skipped: one line says why, and exit status
// 77 tells ctest.

#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>
#include <fmt/core.h>

#include <cstdlib>
#include <optional>

#include "tests/cuda/gpu.hpp"

namespace fpanet::test {
namespace {

constexpr int kSkipped = 77;

struct Gpus {
  Cuda plain, deterministic, tf32;
};
std::optional<Gpus> gpus;
bool skipped = false;

}  // namespace

const Cuda& gpu() {
  return gpus->plain;
}
const Cuda& deterministic_gpu() {
  return gpus->deterministic;
}
const Cuda& tf32_gpu() {
  return gpus->tf32;
}
void skip(const std::string& reason) {
  fmt::print("skipped: {}\n", reason);
  skipped = true;
}

}  // namespace fpanet::test

int main(int argc, char** argv) {
  using namespace fpanet;
  const CudaSupport support = cuda_support();
  if (!support.problem.empty()) {
    fmt::print("skipped, all of it: {}\n", support.problem);
    return test::kSkipped;
  }
  for (const CudaDeviceInfo& device : support.devices) {
    if (!device.problem.empty()) continue;
    fmt::print("GPU: {} (cuda:{}), {}, driver {}\n", device.name, device.index, support.libraries,
               support.driver);
    const bool deterministic = std::getenv("FPANET_TEST_DETERMINISTIC") != nullptr;
    test::gpus.emplace(
        test::Gpus{.plain = open_cuda(device.index, {.deterministic = deterministic}),
                   .deterministic = open_cuda(device.index, {.deterministic = true}),
                   .tf32 = open_cuda(device.index, {.allow_tf32 = true})});
    break;
  }
  doctest::Context context(argc, argv);
  const int status = context.run();
  test::gpus.reset();
  return status == 0 && test::skipped ? test::kSkipped : status;
}
