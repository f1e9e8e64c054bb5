// Memory traffic per element of x for 3x3 windows at stride 2 in bfloat16: forward reads x
// (neighbouring windows come from the cache) and writes y and one byte of winner, 2.75 bytes;
// backward does the reverse.

#include "kernels/max_pool.hpp"

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

template <class T>
bool winners_fit(const std::uint8_t* winner, Index channels) {
  return vectors_fit<kVector<T>>(winner, channels);
}

}  // namespace

template <class T>
void max_pool(const Cuda& cuda, View<const T> x, PoolWindow window, View<T> y,
              std::uint8_t* winner) {
  const bool aligned = images_fit<T>(y.c, x.data, y.data) && winners_fit<T>(winner, y.c);
  CudaGrid(cuda).run("max_pool", y.n * y.h, 0, MaxPoolKernel<T>{x, window, y, winner, aligned});
}

template <class T>
void max_pool_backward(const Cuda& cuda, View<const T> dy, const std::uint8_t* winner,
                       PoolWindow window, View<T> dx, Write write) {
  const bool aligned = images_fit<T>(dx.c, dy.data, dx.data) && winners_fit<T>(winner, dx.c);
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
