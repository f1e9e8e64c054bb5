// Memory traffic of sum_ranks: each rank's values and y once. A few kB, but for gradients.

#include "kernels/cuda/launch.cuh"
#include "kernels/rank_sums.hpp"
#include "kernels/rank_sums_body.hpp"

namespace fpanet::kernels {
namespace {

template <class T>
struct SumRanksKernel {
  static constexpr int kThreads = 256;

  const T* x;
  Index ranks, stride;
  T* y;
  Index size;
  Write write;

  template <class Block>
  FPANET_HD void operator()(const Block& block) const {
    grid_stride(block, size,
                [&](Index i) { store(y[i], sum_of_ranks(x, ranks, stride, i), write); });
  }
};

struct RankStatisticsKernel {
  static constexpr int kThreads = 256;

  const double* gathered;
  const double* shares;
  Index ranks, channels;
  double* whole;

  template <class Block>
  FPANET_HD void operator()(const Block& block) const {
    grid_stride(block, channels,
                [&](Index c) { statistics_of_ranks(gathered, shares, ranks, channels, c, whole); });
  }
};

}  // namespace

template <class T>
void sum_ranks(const Cuda& cuda, const T* x, Index ranks, Index stride, std::span<T> y,
               Write write) {
  using Kernel = SumRanksKernel<T>;
  const auto size = static_cast<Index>(y.size());
  CudaGrid(cuda).run("sum_ranks", stride_blocks(size, Kernel::kThreads), 0,
                     Kernel{x, ranks, stride, y.data(), size, write});
}

#define FPANET_INSTANTIATE(T) \
  template void sum_ranks(const Cuda&, const T*, Index, Index, std::span<T>, Write)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(double);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

void rank_statistics(const Cuda& cuda, const double* gathered, std::span<const double> shares,
                     Index channels, double* whole) {
  using Kernel = RankStatisticsKernel;
  CudaGrid(cuda).run(
      "rank_statistics", stride_blocks(channels, Kernel::kThreads), 0,
      Kernel{gathered, shares.data(), static_cast<Index>(shares.size()), channels, whole});
}

}  // namespace fpanet::kernels
