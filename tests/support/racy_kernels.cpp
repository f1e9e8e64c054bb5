#include "tests/support/racy_kernels.hpp"

#include <vector>

#include "kernels/cuda/emulated.hpp"
#include "kernels/cuda/vector.hpp"

namespace fpanet::test {
namespace {

using namespace kernels;

struct Kernel {
  static constexpr int kThreads = 32;

  RacyKernel kind;
  float* words;  ///< a vector for each thread of each block
  int* counter;

  template <class Block>
  void operator()(const Block& block) const {
    float* const shared = block.template shared<float>();
    const Index first = block.index * kThreads;
    const auto vector = [&](Index i) { return words + i * kVector<float>; };
    switch (kind) {
      case RacyKernel::none:
        block.each([&](int thread) { shared[thread] = 1; });
        return block.each_freely(
            [&](int thread) { *vector(first + thread) = shared[(thread + 1) % kThreads]; });
      case RacyKernel::missing_barrier:
        return block.each([&](int thread) {
          shared[thread] = 1;
          *vector(first + thread) = shared[(thread + 1) % kThreads];
        });
      case RacyKernel::one_word:
        return block.each([&](int) { shared[0] = 1; });
      case RacyKernel::neighbour_block:
        return block.each([&](int thread) {
          const Index from = block.index == 0 ? 0 : first - kThreads;
          *vector(first + thread) = *vector(from + thread) + 1;
        });
      case RacyKernel::vector_of_neighbour:
        return block.each([&](int thread) {
          const Index from = block.index == 0 ? 0 : first - kThreads;
          store(vector(first + thread),
                load<4>(static_cast<const float*>(vector(from + thread)), 4, true), 4, true);
        });
      case RacyKernel::atomic:
        return block.each([&](int) { block.add(counter, 1); });
    }
  }
};

}  // namespace

void run_racy_kernel(RacyKernel kernel) {
  constexpr int kBlocks = 3;
  std::vector<float> words(std::size_t{kBlocks} * Kernel::kThreads * kVector<float>);
  int counter = 0;
  EmulatedGrid(Cuda{0}).run("racy", kBlocks, Kernel::kThreads * 4,
                            Kernel{kernel, words.data(), &counter});
}

}  // namespace fpanet::test
