// Without a usable card every test of this program is skipped: one line says why, and exit status
// 77 tells ctest.

#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>
#include <fmt/core.h>

#include <optional>

#include "tests/cuda/card.hpp"

namespace fpanet::test {
namespace {

constexpr int kSkipped = 77;

struct Cards {
  Cuda plain, deterministic, tf32;
};
std::optional<Cards> cards;

}  // namespace

const Cuda& card() {
  return cards->plain;
}
const Cuda& deterministic_card() {
  return cards->deterministic;
}
const Cuda& tf32_card() {
  return cards->tf32;
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
    fmt::print("card: {} (cuda:{}), {}, driver {}\n", device.name, device.index, support.libraries,
               support.driver);
    test::cards.emplace(
        test::Cards{.plain = open_cuda(device.index, {}),
                    .deterministic = open_cuda(device.index, {.deterministic = true}),
                    .tf32 = open_cuda(device.index, {.allow_tf32 = true})});
    break;
  }
  doctest::Context context(argc, argv);
  const int status = context.run();
  test::cards.reset();
  return status;
}
