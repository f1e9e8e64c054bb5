#include "kernels/sum_of_squares.hpp"

#include "kernels/base/scratch.hpp"
#include "kernels/cuda/launch.cuh"

namespace fpanet::kernels {
namespace {

constexpr int kSquaresThreads = 256;

/// Number of blocks; depends on the number of elements only.
constexpr Index squares_blocks(Index size) {
  constexpr Index kElementsPerThread = 16, kMostSquaresBlocks = 1024;
  const Index blocks = divide_up(size, kSquaresThreads * kElementsPerThread);
  return blocks < kMostSquaresBlocks ? blocks : kMostSquaresBlocks;
}

/// partial[block] = the sum of the squares of the block's elements.
template <class T>
struct SquaresKernel {
  static constexpr int kThreads = kSquaresThreads;

  const T* x;
  Index size;
  double* partial;

  template <class Block>
  FPANET_HD void operator()(const Block& block) const {
    auto* const sums = block.template shared<double>();
    block.each([&](int thread) {
      double squares = 0;
      for (Index i = block.index * kThreads + thread; i < size; i += block.count * kThreads) {
        const auto value = static_cast<double>(real(x[i]));
        squares += value * value;
      }
      sums[thread] = squares;
    });
    reduce_block(block, sums, Plus());
    block.each_freely([&](int thread) {
      if (thread == 0) partial[block.index] = sums[0];
    });
  }
};

/// sum = the partial sums of all blocks. One block.
struct SquaresTotalKernel {
  static constexpr int kThreads = kSquaresThreads;

  const double* partial;
  Index count;
  double* sum;
  Write write;

  template <class Block>
  FPANET_HD void operator()(const Block& block) const {
    auto* const sums = block.template shared<double>();
    block.each([&](int thread) {
      double total = 0;
      for (Index i = thread; i < count; i += kThreads) total += partial[i];
      sums[thread] = total;
    });
    reduce_block(block, sums, Plus());
    block.each_freely([&](int thread) {
      if (thread == 0) store(*sum, sums[0], write);
    });
  }
};

}  // namespace

template <class T>
std::size_t sum_of_squares_workspace_bytes(const Cuda&, Index size) {
  return scratch_bytes<double>(squares_blocks(size)) + kScratchAlignment;
}

template <class T>
void sum_of_squares(const Cuda& cuda, std::span<const T> x, double* sum, Write write,
                    std::span<std::byte> workspace) {
  constexpr Index kSharedBytes = kSquaresThreads * static_cast<Index>(sizeof(double));
  const auto size = static_cast<Index>(x.size());
  const Index blocks = squares_blocks(size);
  double* const partial = Scratch(workspace).take<double>(blocks);
  const CudaGrid grid(cuda);
  grid.run("sum_of_squares", blocks, kSharedBytes, SquaresKernel<T>{x.data(), size, partial});
  grid.run("sum_of_squares", 1, kSharedBytes, SquaresTotalKernel{partial, blocks, sum, write});
}

#define FPANET_INSTANTIATE(T)                                                      \
  template std::size_t sum_of_squares_workspace_bytes<T>(const Cuda&, Index);      \
  template void sum_of_squares<T>(const Cuda&, std::span<const T>, double*, Write, \
                                  std::span<std::byte>)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
