// Counts are integers, so the order of additions does not matter. Each block counts in shared
// memory (with very many classes, directly in the result) and adds with atomics. Memory traffic per
// pixel: C elements and a label.

#include "kernels/confusion.hpp"

#include "kernels/argmax_body.hpp"
#include "kernels/cuda/launch.cuh"

namespace fpanet::kernels {
namespace {

constexpr Index kChunkPixels = 2048;          // pixels of one image that one block counts
constexpr Index kMostSharedCells = 8 * 1024;  // 32 KiB of counters: up to 89 classes

struct ClearCountsKernel {
  static constexpr int kThreads = 256;

  std::int64_t* counts;
  Index size;

  template <class Block>
  FPANET_HD void operator()(const Block& block) const {
    grid_stride(block, size, [&](Index i) { counts[i] = 0; });
  }
};

template <class T>
struct ConfusionKernel {
  static constexpr int kThreads = 256;

  View<const T> x;
  const std::int32_t* labels;
  bool has_ignore;
  Index ignore;
  std::int64_t* counts;

  FPANET_HD Index pixels() const { return x.h * x.w; }
  FPANET_HD Index side() const { return x.c + 1; }
  FPANET_HD Index cells() const { return side() * side(); }
  FPANET_HD bool counts_in_shared() const { return cells() <= kMostSharedCells; }
  Index chunks() const { return divide_up(pixels(), kChunkPixels); }
  Index shared_bytes() const {
    return counts_in_shared() ? cells() * static_cast<Index>(sizeof(std::int32_t)) : 0;
  }

  /// Calls f(cell) for every counted pixel of this block.
  template <class F>
  FPANET_HD void count(Index block, int thread, const F& f) const {
    const Index chunks = divide_up(pixels(), kChunkPixels), image = block / chunks * pixels();
    const Index begin = block % chunks * kChunkPixels;
    const Index end = begin + kChunkPixels < pixels() ? begin + kChunkPixels : pixels();
    for (Index p = image + begin + thread; p < image + end; p += kThreads) {
      const Index label = labels[p];
      if (has_ignore && label == ignore) continue;
      const Index row = label >= 0 && label < x.c ? label : x.c;
      f(row * side() + body::argmax(x.data + p * x.c, x.c));
    }
  }

  template <class Block>
  FPANET_HD void operator()(const Block& block) const {
    std::int64_t* const image = counts + block.index / divide_up(pixels(), kChunkPixels) * cells();
    if (!counts_in_shared()) {
      block.each_freely([&](int thread) {
        count(block.index, thread, [&](Index cell) { block.add(image + cell, std::int64_t{1}); });
      });
      return;
    }
    auto* const counters = block.template shared<std::int32_t>();
    const int size = static_cast<int>(cells());
    block.each([&](int thread) {
      for (int i = thread; i < size; i += kThreads) counters[i] = 0;
    });
    block.each([&](int thread) {
      count(block.index, thread, [&](Index cell) { block.add(counters + cell, 1); });
    });
    block.each_freely([&](int thread) {
      for (int i = thread; i < size; i += kThreads) {
        if (counters[i] != 0) block.add(image + i, std::int64_t{counters[i]});
      }
    });
  }
};

}  // namespace

template <class T>
std::size_t confusion_workspace_bytes(const Cuda&, Index, Index, Index, Index) {
  return 0;
}

template <class T>
void confusion(const Cuda& cuda, View<const T> x, const std::int32_t* labels,
               std::optional<Index> ignore_index, std::int64_t* counts, std::span<std::byte>) {
  const CudaGrid grid(cuda);
  const ConfusionKernel<T> kernel{x, labels, ignore_index.has_value(), ignore_index.value_or(0),
                                  counts};
  const Index size = x.n * kernel.cells();
  grid.run("confusion", stride_blocks(size, ClearCountsKernel::kThreads), 0,
           ClearCountsKernel{counts, size});
  grid.run("confusion", x.n * kernel.chunks(), kernel.shared_bytes(), kernel);
}

#define FPANET_INSTANTIATE(T)                                                                    \
  template void confusion(const Cuda&, View<const T>, const std::int32_t*, std::optional<Index>, \
                          std::int64_t*, std::span<std::byte>);                                  \
  template std::size_t confusion_workspace_bytes<T>(const Cuda&, Index, Index, Index, Index)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
