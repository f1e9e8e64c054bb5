// For each class: errors and pixels are written, sorted (lovasz/sort.hpp), and the labels counted along the
// sorted pixels by chunks, whose counts are integers. Memory traffic per pixel and class: 8 bytes written
// for the sort and read after it, besides the sort's own, and a slope of 4.

#include "kernels/lovasz.hpp"

#include "kernels/base/scratch.hpp"
#include "kernels/cuda/launch.cuh"
#include "kernels/loss_mean/pixel_sums_cuda.hpp"
#include "kernels/lovasz/sort.hpp"
#include "kernels/lovasz_body.hpp"

namespace fpanet::kernels {
namespace {

/// Sorted pixels that a thread takes one after the other, and those of a block.
constexpr int kThreadPixels = 8;
constexpr int kLovaszThreads = 256;
constexpr Index kLovaszChunk = Index{kThreadPixels} * kLovaszThreads;

/// A pixel of the group and whether it has the label of the class, in one value of the sort.
FPANET_HD inline std::uint32_t packed(Index pixel, bool has_label) {
  return static_cast<std::uint32_t>(pixel) << 1 | (has_label ? 1u : 0u);
}

/// Counts of labels before each chunk of sorted pixels; the last is that of all.
using Count = std::int32_t;

/// Replaces the counts of all threads, in[thread], by the sums of those before: the last phase of
/// the result leaves them in the array that is returned. `in` and `other` have a place per thread.
template <class Block>
FPANET_HD inline Count* exclusive_scan(const Block& block, Count* in, Count* other) {
  block.each([&](int thread) { other[thread] = thread > 0 ? in[thread - 1] : 0; });
  Count* from = other;
  Count* to = in;
  for (int distance = 1; distance < block.threads; distance *= 2) {
    block.each([&](int thread) {
      to[thread] = from[thread] + (thread >= distance ? from[thread - distance] : 0);
    });
    Count* const last = from;
    from = to;
    to = last;
  }
  return from;
}

/// The keys and values to sort for class c; pixels that are not counted come last, with the key -1.
struct LovaszErrorsKernel {
  static constexpr int kThreads = kLovaszThreads;

  const float* p;
  body::PixelLabels labels;
  Index c, first, count;
  float* keys;
  std::uint32_t* values;

  template <class Block>
  FPANET_HD void operator()(const Block& block) const {
    grid_stride(block, count, [&](Index i) {
      const std::int32_t label = labels.at(first + i);
      const float value = p[(first + i) * labels.channels + c];
      keys[i] = label < 0 ? -1.F : (label == c ? 1 - value : value);
      values[i] = packed(i, label == c);
    });
  }
};

/// counts[chunk] = labels among the sorted pixels of a chunk.
struct LovaszCountsKernel {
  static constexpr int kThreads = kLovaszThreads;
  static constexpr Index kSharedBytes = kThreads * static_cast<Index>(sizeof(Count));

  const std::uint32_t* values;
  Index count;
  Count* counts;

  template <class Block>
  FPANET_HD void operator()(const Block& block) const {
    auto* const in = block.template shared<Count>();
    block.each([&](int thread) {
      Count labelled = 0;
      const Index begin = block.index * kLovaszChunk, end = begin + kLovaszChunk;
      for (Index k = begin + thread; k < end && k < count; k += kThreads) {
        labelled += static_cast<Count>(values[k] & 1u);
      }
      in[thread] = labelled;
    });
    reduce_block(block, in, Plus());
    block.each_freely([&](int thread) {
      if (thread == 0) counts[block.index] = in[0];
    });
  }
};

/// Replaces the counts of chunks by those of all chunks before, and appends the count of all. One block.
struct LovaszScanKernel {
  static constexpr int kThreads = kLovaszThreads;
  static constexpr Index kSharedBytes = 2 * kThreads * static_cast<Index>(sizeof(Count));

  Index chunks;
  Count* counts;

  template <class Block>
  FPANET_HD void operator()(const Block& block) const {
    auto* const in = block.template shared<Count>();
    const Index strip = divide_up(chunks, kThreads);
    const auto each_of_strip = [&](int thread, const auto& f) {
      const Index begin = thread * strip, end = begin + strip < chunks ? begin + strip : chunks;
      for (Index k = begin; k < end; ++k) f(k);
    };
    block.each([&](int thread) {
      Count sum = 0;
      each_of_strip(thread, [&](Index k) { sum += counts[k]; });
      in[thread] = sum;
    });
    const Count* const before = exclusive_scan(block, in, in + kThreads);
    block.each_freely([&](int thread) {
      Count so_far = before[thread];
      each_of_strip(thread, [&](Index k) {
        const Count here = counts[k];
        counts[k] = so_far;
        so_far += here;
      });
      if (thread == kThreads - 1) counts[chunks] = so_far;
    });
  }
};

/// Slopes of the sorted pixels of a chunk, and its part of the loss.
struct LovaszSlopesKernel {
  static constexpr int kThreads = kLovaszThreads;
  static constexpr Index kSharedBytes =
      kThreads * static_cast<Index>(2 * sizeof(Count) + sizeof(double));

  const float* keys;
  const std::uint32_t* values;
  Index count, chunks;
  const Count* counts;
  Index c, first, channels;
  float* slopes;
  double* losses;

  template <class Block>
  FPANET_HD void operator()(const Block& block) const {
    auto* const sums = block.template shared<double>();
    auto* const in = reinterpret_cast<Count*>(sums + kThreads);
    const auto each_pixel = [&](int thread, const auto& f) {
      const Index begin = block.index * kLovaszChunk + Index{thread} * kThreadPixels;
      for (Index k = begin; k < begin + kThreadPixels && k < count; ++k) f(k);
    };
    block.each([&](int thread) {
      Count labelled = 0;
      each_pixel(thread, [&](Index k) { labelled += static_cast<Count>(values[k] & 1u); });
      in[thread] = labelled;
    });
    const Count* const before = exclusive_scan(block, in, in + kThreads);
    block.each([&](int thread) {
      const auto labelled = static_cast<double>(counts[chunks]);
      Count hits = counts[block.index] + before[thread];
      double loss = 0;
      each_pixel(thread, [&](Index k) {
        const bool has_label = (values[k] & 1u) != 0;
        hits += has_label ? 1 : 0;
        double step = 0;
        if (labelled > 0 && !(keys[k] < 0)) {
          step = body::lovasz_step(labelled, static_cast<double>(k + 1), static_cast<double>(hits),
                                   has_label);
          loss += step * static_cast<double>(keys[k]);
        }
        const Index pixel = first + static_cast<Index>(values[k] >> 1);
        slopes[pixel * channels + c] = static_cast<float>(has_label ? -step : step);
      });
      sums[thread] = loss;
    });
    reduce_block(block, sums, Plus());
    block.each_freely([&](int thread) {
      if (thread == 0) losses[block.index] = sums[0];
    });
  }
};

/// The loss of a class, or -1 if it is absent. One block.
struct LovaszClassKernel {
  static constexpr int kThreads = kLovaszThreads;
  static constexpr Index kSharedBytes = kThreads * static_cast<Index>(sizeof(double));

  const double* losses;
  Index chunks;
  const Count* counts;
  double* loss;

  template <class Block>
  FPANET_HD void operator()(const Block& block) const {
    auto* const in = block.template shared<double>();
    block.each([&](int thread) {
      double sum = 0;
      for (Index k = thread; k < chunks; k += kThreads) sum += losses[k];
      in[thread] = sum;
    });
    reduce_block(block, in, Plus());
    block.each_freely([&](int thread) {
      if (thread == 0) *loss = counts[chunks] > 0 ? in[0] : -1;
    });
  }
};

struct LovaszTotalKernel {
  static constexpr int kThreads = 32;

  const double* of_classes;
  Index groups, channels;
  float* loss;
  double* present;

  template <class Block>
  FPANET_HD void operator()(const Block& block) const {
    block.each_freely([&](int thread) {
      if (thread > 0) return;
      body::LovaszTotal total;
      for (Index g = 0; g < groups; ++g) {
        present[g] = static_cast<double>(total.add(of_classes + g * channels, channels));
      }
      *loss = static_cast<float>(total.mean());
    });
  }
};

struct LovaszScratch {
  double *of_classes, *losses;
  float *keys, *sorted_keys;
  std::uint32_t *values, *sorted_values;
  Count* counts;
  std::span<std::byte> rest;

  LovaszScratch(std::span<std::byte> workspace, Index classes, Index count) {
    const Index chunks = divide_up(count, kLovaszChunk);
    Scratch scratch(workspace);
    of_classes = scratch.take<double>(classes);
    losses = scratch.take<double>(chunks);
    keys = scratch.take<float>(count);
    sorted_keys = scratch.take<float>(count);
    values = scratch.take<std::uint32_t>(count);
    sorted_values = scratch.take<std::uint32_t>(count);
    counts = scratch.take<Count>(chunks + 1);
    rest = scratch.rest();
  }
  static std::size_t bytes(Index classes, Index count) {
    const Index chunks = divide_up(count, kLovaszChunk);
    return scratch_bytes<double>(classes) + scratch_bytes<double>(chunks) +
           2 * scratch_bytes<float>(count) + 2 * scratch_bytes<std::uint32_t>(count) +
           scratch_bytes<Count>(chunks + 1) + kScratchAlignment;
  }
};

}  // namespace

template <class T>
std::size_t lovasz_workspace_bytes(const Cuda& cuda, View<const T> p,
                                   const LovaszOptions& options) {
  const Index groups = options.groups(p.n), count = p.pixels() / groups;
  return LovaszScratch::bytes(groups * p.c, count) + sort_descending_workspace_bytes(cuda, count);
}

template <class T>
void lovasz(const Cuda& cuda, View<const T> p, const std::int32_t* labels,
            const LovaszOptions& options, T* loss, T* slopes, double* present,
            std::span<std::byte> workspace) {
  const CudaGrid grid(cuda);
  const body::PixelLabels target(labels, p.c, options.ignore_index);
  const Index groups = options.groups(p.n), count = p.pixels() / groups;
  const Index chunks = divide_up(count, kLovaszChunk);
  const LovaszScratch scratch(workspace, groups * p.c, count);
  for (Index i = 0; i < groups * p.c; ++i) {
    const Index c = i % p.c, first = i / p.c * count;
    grid.run("lovasz", stride_blocks(count, kLovaszThreads), 0,
             LovaszErrorsKernel{p.data, target, c, first, count, scratch.keys, scratch.values});
    sort_descending(
        cuda, {scratch.keys, scratch.sorted_keys, scratch.values, scratch.sorted_values, count},
        scratch.rest);
    grid.run("lovasz", chunks, LovaszCountsKernel::kSharedBytes,
             LovaszCountsKernel{scratch.sorted_values, count, scratch.counts});
    grid.run("lovasz", 1, LovaszScanKernel::kSharedBytes, LovaszScanKernel{chunks, scratch.counts});
    grid.run("lovasz", chunks, LovaszSlopesKernel::kSharedBytes,
             LovaszSlopesKernel{scratch.sorted_keys, scratch.sorted_values, count, chunks,
                                scratch.counts, c, first, p.c, slopes, scratch.losses});
    grid.run("lovasz", 1, LovaszClassKernel::kSharedBytes,
             LovaszClassKernel{scratch.losses, chunks, scratch.counts, scratch.of_classes + i});
  }
  grid.run("lovasz", 1, 0, LovaszTotalKernel{scratch.of_classes, groups, p.c, loss, present});
}

template <class T>
void lovasz_backward(const Cuda& cuda, View<const Real<T>> p, const Real<T>* slopes,
                     const double* present, const Real<T>* dloss, const LovaszOptions& options,
                     T* dx, Write write) {
  const Index groups = options.groups(p.n);
  map_pixels(CudaGrid(cuda), "lovasz_backward", p.pixels(),
             body::LovaszGradient<T>{p.data, slopes, present, dloss, p.c, p.pixels() / groups,
                                     groups, dx, write});
}

template void lovasz(const Cuda&, View<const float>, const std::int32_t*, const LovaszOptions&,
                     float*, float*, double*, std::span<std::byte>);
template std::size_t lovasz_workspace_bytes(const Cuda&, View<const float>, const LovaszOptions&);

#define FPANET_INSTANTIATE(T)                                                                \
  template void lovasz_backward(const Cuda&, View<const float>, const float*, const double*, \
                                const float*, const LovaszOptions&, T*, Write)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
