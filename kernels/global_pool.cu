// One block per image and tile of channels. Memory traffic per element for bfloat16: 2 bytes,
// forward and backward (4 for gradients that are accumulated).

#include "kernels/global_pool.hpp"

#include "kernels/cuda/columns.hpp"
#include "kernels/max_pool_body.hpp"

namespace fpanet::kernels {
namespace {

/// A candidate for the maximum. Among equal values the first pixel wins, among NaNs the first as
/// well.
struct Best {
  float value;
  std::int32_t pixel;  ///< -1 if there is none

  FPANET_HD static Best combine(const Best& a, const Best& b) {
    if (a.pixel < 0) return b;
    if (b.pixel < 0) return a;
    const Best &first = a.pixel < b.pixel ? a : b, &later = a.pixel < b.pixel ? b : a;
    return body::beats(later.value, first.value) &&
                   !(first.value != first.value && later.value == later.value)
               ? later
               : first;
  }
};

/// The pooling operations: how a thread gathers its pixels, and how the partial results are
/// combined.
struct Mean {
  using Part = double;
  FPANET_HD static Part nothing() { return 0; }
  FPANET_HD static Part with(Part sum, float value, Index) {
    return sum + static_cast<double>(value);
  }
  FPANET_HD static Part combine(Part a, Part b) { return a + b; }
};

struct Maximum {
  using Part = Best;
  FPANET_HD static Part nothing() { return {0, -1}; }
  FPANET_HD static Part with(const Part& best, float value, Index pixel) {
    return Best::combine(best, {value, static_cast<std::int32_t>(pixel)});
  }
  FPANET_HD static Part combine(const Part& a, const Part& b) { return Best::combine(a, b); }
};

template <class T, class Pool>
struct GlobalPoolKernel {
  using Tiles = ColumnTiles<T>;
  using Part = typename Pool::Part;
  static constexpr int kThreads = Tiles::kThreads;
  static constexpr int kWidth = Tiles::kWidth;

  View<const T> x;
  Tiles cut;  ///< tiles of one image
  T* y;
  std::int32_t* winner;
  bool aligned;

  static constexpr Index shared_bytes() {
    return (kThreads * kWidth + reduce_scratch(kThreads)) * static_cast<Index>(sizeof(Part));
  }

  template <class Block>
  FPANET_HD void operator()(const Block& block) const {
    const Index n = block.index / cut.tiles, tile = block.index % cut.tiles;
    const int width = cut.across * kWidth;
    auto* const parts = block.template shared<Part>();
    block.each([&](int thread) {
      const ColumnPlace at = cut.place(tile, thread);
      if (at.lane >= cut.lanes) return;
      Part part[kWidth];
      FPANET_UNROLL
      for (int i = 0; i < kWidth; ++i) part[i] = Pool::nothing();
      if (at.count > 0) {
        for (Index p = at.lane; p < cut.rows; p += cut.lanes) {
          const auto values =
              load<kWidth>(x.pixel(n, 0, 0) + p * x.c + at.column, at.count, aligned);
          FPANET_UNROLL
          for (int i = 0; i < kWidth; ++i) part[i] = Pool::with(part[i], values.at[i], p);
        }
      }
      FPANET_UNROLL
      for (int i = 0; i < kWidth; ++i) parts[at.lane * width + at.side * kWidth + i] = part[i];
    });
    reduce_lanes<Part>(
        block, parts, cut.lanes, width, parts + kThreads * kWidth,
        [](const Part& a, const Part& b) { return Pool::combine(a, b); },
        [&](int o, const Part& total) {
          const Index c = tile * width + o;
          if (c < x.c) write(n * x.c + c, total);
        });
  }

  FPANET_HD void write(Index i, double sum) const {
    y[i] = static_cast<T>(static_cast<float>(sum / static_cast<double>(cut.rows)));
  }
  FPANET_HD void write(Index i, const Best& best) const {
    y[i] = static_cast<T>(best.value);
    winner[i] = best.pixel;
  }
};

/// dx of a mean (without winner) or of a maximum.
template <class T>
struct GlobalPoolGradient {
  static constexpr int kWidth = kVector<T>;
  struct Nothing {};

  const T* dy;
  const std::int32_t* winner;
  View<T> dx;
  Write write;
  bool aligned;

  FPANET_HD Nothing fixed(const ColumnPlace&) const { return {}; }
  FPANET_HD void map(Nothing, const ColumnPlace& at, Index row) const {
    const Index pixels = dx.h * dx.w, pixel = row % pixels, i0 = row / pixels * dx.c + at.column;
    auto values = load<kWidth>(dy + i0, at.count, false);
    FPANET_UNROLL
    for (int i = 0; i < kWidth; ++i) {
      if (i >= at.count) continue;
      if (winner == nullptr) {
        values.at[i] /= static_cast<float>(pixels);
      } else if (winner[i0 + i] != pixel) {
        values.at[i] = 0;
      }
    }
    store(dx.data + row * dx.c + at.column, values, at.count, aligned, write);
  }
};

template <class Pool, class T>
void global_pool(const Cuda& cuda, const char* name, View<const T> x, T* y, std::int32_t* winner) {
  using Kernel = GlobalPoolKernel<T, Pool>;
  const auto cut = ColumnTiles<T>::one_chunk(x.h * x.w, x.c);
  CudaGrid(cuda).run(name, x.n * cut.tiles, Kernel::shared_bytes(),
                     Kernel{x, cut, y, winner, images_fit<T>(x.c, x.data)});
}

template <class T>
void global_pool_backward(const Cuda& cuda, const char* name, const T* dy,
                          const std::int32_t* winner, View<T> dx, Write write) {
  column_map(CudaGrid(cuda), name, ColumnTiles<T>(dx.pixels(), dx.c),
             GlobalPoolGradient<T>{dy, winner, dx, write, images_fit<T>(dx.c, dx.data)});
}

}  // namespace

template <class T>
void global_avg_pool(const Cuda& cuda, View<const T> x, T* y) {
  global_pool<Mean>(cuda, "global_avg_pool", x, y, nullptr);
}

template <class T>
void global_avg_pool_backward(const Cuda& cuda, const T* dy, View<T> dx, Write write) {
  global_pool_backward(cuda, "global_avg_pool_backward", dy, nullptr, dx, write);
}

template <class T>
void global_max_pool(const Cuda& cuda, View<const T> x, T* y, std::int32_t* winner) {
  global_pool<Maximum>(cuda, "global_max_pool", x, y, winner);
}

template <class T>
void global_max_pool_backward(const Cuda& cuda, const T* dy, const std::int32_t* winner, View<T> dx,
                              Write write) {
  global_pool_backward(cuda, "global_max_pool_backward", dy, winner, dx, write);
}

#define FPANET_INSTANTIATE(T)                                                    \
  template void global_avg_pool(const Cuda&, View<const T>, T*);                 \
  template void global_avg_pool_backward(const Cuda&, const T*, View<T>, Write); \
  template void global_max_pool(const Cuda&, View<const T>, T*, std::int32_t*);  \
  template void global_max_pool_backward(const Cuda&, const T*, const std::int32_t*, View<T>, Write)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
