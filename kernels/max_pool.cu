// Memory traffic per element of x for 3x3 windows at stride 2 in bfloat16: forward reads x
// (neighbouring windows come from the cache) and writes y and one byte of winner, 2.75 bytes;
// backward does the reverse.

#include "kernels/max_pool.hpp"

#include <limits>

#include "kernels/cuda/rows.hpp"
#include "kernels/max_pool_body.hpp"

namespace fpanet::kernels {
namespace {

/// One block per row of y.
template <class T>
struct MaxPoolKernel {
  static constexpr int kThreads = kRowThreads;
  static constexpr int kWidth = kVector<T>;

  View<const T> x;
  PoolWindow window;
  View<T> y;
  std::uint8_t* winner;
  bool aligned;

  template <class Block>
  FPANET_HD void operator()(const Block& block) const {
    const auto [kernel, stride, padding] = window;
    const Index n = block.index / y.h, i = block.index % y.h;
    const body::Range us = body::taps_inside(i, x.h, kernel, stride, padding);
    row_vectors<T>(
        block, y.w, y.c,
        [&, kernel = kernel, stride = stride, padding = padding](const RowPlace& at) {
          const body::Range vs = body::taps_inside(at.x, x.w, kernel, stride, padding);
          const auto tap = [&](Index u, Index v) {
            return load<kWidth>(
                x.pixel(n, i * stride + u - padding, at.x * stride + v - padding) + at.first,
                at.count, aligned);
          };
          Values<float, kWidth> best = tap(us.begin, vs.begin);
          Values<std::uint8_t, kWidth> best_tap;
          FPANET_UNROLL
          for (int c = 0; c < kWidth; ++c) {
            best_tap.at[c] = static_cast<std::uint8_t>(us.begin * kernel + vs.begin);
          }
          for (Index u = us.begin; u < us.end; ++u) {
            for (Index v = vs.begin; v < vs.end; ++v) {
              const Values<float, kWidth> values = tap(u, v);
              const auto code = static_cast<std::uint8_t>(u * kernel + v);
              FPANET_UNROLL
              for (int c = 0; c < kWidth; ++c) {
                const bool wins = body::beats(values.at[c], best.at[c]);
                best.at[c] = wins ? values.at[c] : best.at[c];
                best_tap.at[c] = wins ? code : best_tap.at[c];
              }
            }
          }
          const Index i0 = ((n * y.h + i) * y.w + at.x) * y.c + at.first;
          store(y.data + i0, best, at.count, aligned);
          store(winner + i0, best_tap, at.count, aligned);
        });
  }
};

/// One block per row of dx.
template <class T>
struct MaxPoolGradientKernel {
  static constexpr int kThreads = kRowThreads;
  static constexpr int kWidth = kVector<T>;

  View<const T> dy;
  const std::uint8_t* winner;
  PoolWindow window;
  View<T> dx;
  Write write;
  bool aligned;

  template <class Block>
  FPANET_HD void operator()(const Block& block) const {
    const auto [kernel, stride, padding] = window;
    const Index n = block.index / dx.h, a = block.index % dx.h;
    const body::Range is = body::windows_over(a, dy.h, kernel, stride, padding);
    row_vectors<T>(block, dx.w, dx.c,
                   [&, kernel = kernel, stride = stride, padding = padding](const RowPlace& at) {
                     const body::Range js = body::windows_over(at.x, dy.w, kernel, stride, padding);
                     Values<float, kWidth> sum;
                     for (Index i = is.begin; i < is.end; ++i) {
                       for (Index j = js.begin; j < js.end; ++j) {
                         const Index i0 = ((n * dy.h + i) * dy.w + j) * dy.c + at.first;
                         const auto values = load<kWidth>(dy.data + i0, at.count, aligned);
                         const auto taps = load<kWidth>(winner + i0, at.count, aligned);
                         const Index code =
                             (a + padding - i * stride) * kernel + at.x + padding - j * stride;
                         FPANET_UNROLL
                         for (int c = 0; c < kWidth; ++c) {
                           sum.at[c] += taps.at[c] == code ? values.at[c] : 0.0F;
                         }
                       }
                     }
                     store(dx.pixel(n, a, at.x) + at.first, sum, at.count, aligned, write);
                   });
  }
};

/// Whether these are the windows of FPA-Net's encoder.
bool is_3x3_stride_2(const PoolWindow& window) {
  return window.kernel == 3 && window.stride == 2 && window.padding == 1;
}

/// MaxPoolKernel for these windows and aligned vectors. All nine taps are loaded before the first is
/// compared, and offsets inside a row are 32-bit.
template <class T>
struct MaxPool3x3Kernel {
  static constexpr int kThreads = kRowThreads;
  static constexpr int kWidth = kVector<T>;

  View<const T> x;
  View<T> y;
  std::uint8_t* winner;

  template <class Block>
  FPANET_HD void operator()(const Block& block) const {
    const Index n = block.index / y.h, i = block.index % y.h;
    const int channels = static_cast<int>(y.c), width = static_cast<int>(x.w);
    const Index pitch = x.w * y.c;
    const T* const middle = x.pixel(n, 2 * i, 0);  // inside, whatever the size
    const bool above = i > 0, below = 2 * i + 1 < x.h;
    T* const to = y.pixel(n, i, 0);
    std::uint8_t* const code_to = winner + (to - y.data);
    row_vectors<T>(block, y.w, y.c, [&](const RowPlace& at) {
      const int column = 2 * static_cast<int>(at.x), first = static_cast<int>(at.first);
      const bool left = column > 0, right = column + 1 < width;
      const auto inside = [&](int u, int v) {
        return (u != 0 || above) && (u != 2 || below) && (v != 0 || left) && (v != 2 || right);
      };
      Loaded<kWidth, T> taps[9];
      FPANET_UNROLL
      for (int u = 0; u < 3; ++u) {
        FPANET_UNROLL
        for (int v = 0; v < 3; ++v) {
          if (!inside(u, v)) continue;
          taps[3 * u + v] = read<kWidth>(
              middle + (u - 1) * pitch + ((column + v - 1) * channels + first), kWidth, true);
        }
      }
      Values<float, kWidth> best;
      Values<std::uint8_t, kWidth> best_tap;
      FPANET_UNROLL
      for (int c = 0; c < kWidth; ++c) {
        best.at[c] = -std::numeric_limits<float>::infinity();
        best_tap.at[c] = static_cast<std::uint8_t>((above ? 0 : 3) + (left ? 0 : 1));
      }
      FPANET_UNROLL
      for (int k = 0; k < 9; ++k) {
        if (!inside(k / 3, k % 3)) continue;
        const Values<float, kWidth> values = taps[k].values();
        FPANET_UNROLL
        for (int c = 0; c < kWidth; ++c) {
          const bool wins = body::beats(values.at[c], best.at[c]);
          best.at[c] = wins ? values.at[c] : best.at[c];
          best_tap.at[c] = wins ? static_cast<std::uint8_t>(k) : best_tap.at[c];
        }
      }
      const int offset = static_cast<int>(at.x) * channels + first;
      store(to + offset, best, kWidth, true);
      store(code_to + offset, best_tap, kWidth, true);
    });
  }
};

/// MaxPoolGradientKernel for these windows and aligned vectors: an element lies in one or two windows
/// each way.
template <class T>
struct MaxPool3x3GradientKernel {
  static constexpr int kThreads = kRowThreads;
  static constexpr int kWidth = kVector<T>;

  View<const T> dy;
  const std::uint8_t* winner;
  View<T> dx;
  Write write;

  template <class Block>
  FPANET_HD void operator()(const Block& block) const {
    const Index n = block.index / dx.h;
    const int a = static_cast<int>(block.index % dx.h), channels = static_cast<int>(dx.c);
    const int rows = static_cast<int>(dy.h), columns = static_cast<int>(dy.w);
    const Index pitch = dy.w * dy.c;
    const T* const from = dy.pixel(n, a / 2, 0);
    const std::uint8_t* const code_from = winner + (from - dy.data);
    T* const to = dx.pixel(n, a, 0);
    row_vectors<T>(block, dx.w, dx.c, [&](const RowPlace& at) {
      const int b = static_cast<int>(at.x), first = static_cast<int>(at.first);
      const auto inside = [&](int u, int v) {
        const bool row = u == 0 || (a % 2 == 1 && a / 2 + 1 < rows);
        return row && (v == 0 || (b % 2 == 1 && b / 2 + 1 < columns));
      };
      Loaded<kWidth, T> values[4];
      Loaded<kWidth, std::uint8_t> codes[4];
      FPANET_UNROLL
      for (int k = 0; k < 4; ++k) {
        const int u = k / 2, v = k % 2;
        if (!inside(u, v)) continue;
        const Index offset = u * pitch + ((b / 2 + v) * channels + first);
        values[k] = read<kWidth>(from + offset, kWidth, true);
        codes[k] = read<kWidth>(code_from + offset, kWidth, true);
      }
      Values<float, kWidth> sum;
      FPANET_UNROLL
      for (int k = 0; k < 4; ++k) {
        const int u = k / 2, v = k % 2;
        if (!inside(u, v)) continue;
        const int code = (a % 2 + 1 - 2 * u) * 3 + b % 2 + 1 - 2 * v;
        const auto gradient = values[k].values();
        const auto taps = codes[k].values();
        FPANET_UNROLL
        for (int c = 0; c < kWidth; ++c) {
          sum.at[c] += taps.at[c] == code ? gradient.at[c] : 0.0F;
        }
      }
      store(to + (b * channels + first), sum, kWidth, true, write);
    });
  }
};

template <class T>
bool winners_fit(const std::uint8_t* winner, Index channels) {
  return vectors_fit<kVector<T>>(winner, channels);
}

}  // namespace

template <class T>
void max_pool(const Cuda& cuda, View<const T> x, PoolWindow window, View<T> y,
              std::uint8_t* winner) {
  const bool aligned = images_fit<T>(y.c, x.data, y.data) && winners_fit<T>(winner, y.c);
  if (aligned && is_3x3_stride_2(window)) {
    CudaGrid(cuda).run("max_pool", y.n * y.h, 0, MaxPool3x3Kernel<T>{x, y, winner});
    return;
  }
  CudaGrid(cuda).run("max_pool", y.n * y.h, 0, MaxPoolKernel<T>{x, window, y, winner, aligned});
}

template <class T>
void max_pool_backward(const Cuda& cuda, View<const T> dy, const std::uint8_t* winner,
                       PoolWindow window, View<T> dx, Write write) {
  const bool aligned = images_fit<T>(dx.c, dy.data, dx.data) && winners_fit<T>(winner, dx.c);
  if (aligned && is_3x3_stride_2(window)) {
    CudaGrid(cuda).run("max_pool_backward", dx.n * dx.h, 0,
                       MaxPool3x3GradientKernel<T>{dy, winner, dx, write});
    return;
  }
  CudaGrid(cuda).run("max_pool_backward", dx.n * dx.h, 0,
                     MaxPoolGradientKernel<T>{dy, winner, window, dx, write, aligned});
}

#define FPANET_INSTANTIATE(T)                                                                  \
  template void max_pool(const Cuda&, View<const T>, PoolWindow, View<T>, std::uint8_t*);      \
  template void max_pool_backward(const Cuda&, View<const T>, const std::uint8_t*, PoolWindow, \
                                  View<T>, Write)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(bfloat16);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
