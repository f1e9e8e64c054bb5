// The emulated GPU refuses what a GPU would refuse, and shows what a GPU would get wrong.

#include "kernels/cuda/emulated.hpp"

#include <algorithm>
#include <vector>

#include "kernels/cuda/vector.hpp"
#include "tests/kernels/check.hpp"

namespace fpanet::kernels {
namespace {

using namespace fpanet::test;

/// Runs a functor as a kernel, with `kBytes` bytes of arguments.
template <class F, int kThreadCount = 64, int kBytes = 8>
struct AnyKernel {
  static constexpr int kThreads = kThreadCount;
  F f;
  std::byte padding[kBytes] = {};

  template <class Block>
  void operator()(const Block& block) const {
    f(block);
  }
};

template <int kThreads = 64, int kBytes = 8, class F>
void launch(int gpu, Index blocks, Index shared_bytes, const F& f) {
  EmulatedGrid(Cuda{gpu}).run("a_kernel", blocks, shared_bytes, AnyKernel<F, kThreads, kBytes>{f});
}

const auto kNothing = [](const auto&) {};

TEST_CASE("emulated GPU: launches beyond a GPU's limits are errors that name the limit") {
  for (const int gpu : {0, 1, 2}) {
    CHECK_NOTHROW(launch(gpu, 1, 48 * 1024, kNothing));
    CHECK_NOTHROW(launch<1024>(gpu, 1, 0, kNothing));
    CHECK_THROWS_WITH(launch(gpu, 1, 48 * 1024 + 1, kNothing),
                      "a_kernel: a block asks for 49153 bytes of shared memory; a GPU has 49152");
    CHECK_THROWS_WITH(launch(gpu, Index{1} << 31, 0, kNothing),
                      "a_kernel: a launch of 2147483648 blocks; a GPU takes 2147483647");
    CHECK_THROWS_WITH(launch<1025>(gpu, 1, 0, kNothing),
                      "a_kernel: a block of 1025 threads; a GPU takes 1024");
    const auto large = [&] { launch<64, 4096>(gpu, 1, 0, kNothing); };
    CHECK_THROWS_WITH(large(), doctest::Contains("bytes of arguments; a GPU takes 4096"));
  }
}

TEST_CASE("emulated GPU: a vector at an address that is not its multiple is an error") {
  alignas(16) float memory[8] = {};
  CHECK_NOTHROW(load<4>(memory + 4, 4, true));
  CHECK_THROWS_WITH(load<4>(memory + 1, 4, true),
                    doctest::Contains("its `aligned` does not describe its pointers"));
  CHECK_THROWS(store(memory + 2, Values<float, 4>{}, 4, true));
  CHECK_NOTHROW(load<4>(memory + 1, 4, false));
}

TEST_CASE("emulated GPU 2: every thread runs every phase once, in an order that differs") {
  std::vector<int> order;
  std::vector<int> seen(64);
  launch(2, 1, 0, [&](const auto& block) {
    block.each([&](int thread) { order.push_back(thread); });
    block.each([&](int thread) {
      // All of the first phase came before any of the second.
      seen[static_cast<std::size_t>(thread)] = static_cast<int>(order.size());
    });
  });
  CHECK(std::count(seen.begin(), seen.end(), 64) == 64);
  CHECK_FALSE(std::is_sorted(order.begin(), order.end()));
  std::sort(order.begin(), order.end());
  CHECK(std::unique(order.begin(), order.end()) == order.end());
}

TEST_CASE("emulated GPU 2: what a phase leaves in a variable is that thread's alone") {
  std::vector<int> kept(64);
  launch(2, 1, 0, [&](const auto& block) {
    int own = -1;
    block.each([&](int thread) { own = thread; });
    block.each([&](int thread) { kept[static_cast<std::size_t>(thread)] = own; });
  });
  for (int i = 0; i < 64; ++i) CHECK(kept[static_cast<std::size_t>(i)] == i);
}

TEST_CASE("emulated GPU 2: a barrier that some threads do not reach is an error") {
  const auto uneven = [](const auto& block) {
    if (block.own_thread % 2 == 0) block.each([](int) {});
  };
  CHECK_THROWS_WITH(launch(2, 1, 0, uneven),
                    "a_kernel: 32 of 64 threads of block 0 end, and the others wait at a barrier");
  CHECK_THROWS_WITH(
      launch(2, 1, 0,
             [](const auto& block) {
               block.each([](int thread) { require(thread != 5, "thread {}", thread); });
             }),
      "thread 5");
}

}  // namespace
}  // namespace fpanet::kernels
