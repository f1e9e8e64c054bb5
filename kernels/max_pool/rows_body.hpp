#pragma once
// The templates behind max_pool/rows.hpp. Include after the #pragma GCC target of an ISA and its
// simd/*.hpp.
//
// Up to four vectors of neighbouring channels are processed together for a window, in registers.
// The vectors are explicit because the compiler does not turn selections of values and taps into
// masks by itself.

#include "kernels/max_pool/rows.hpp"
#include "kernels/max_pool_body.hpp"

namespace fpanet::kernels {

/// Simd: vectors of Real<T>, which can also be loaded from and stored to T.
template <class Simd, class T>
struct MaxPoolPasses {
  using Vector = typename Simd::Vector;
  using Taps = decltype(Vector{} > Vector{});  // integers of the size of Real<T>
  static constexpr int kLanes = Simd::kLanes;
  typedef std::uint8_t Bytes __attribute__((vector_size(kLanes)));

  static Taps taps_of(Index code) {
    return static_cast<std::remove_cvref_t<decltype(Taps{}[0])>>(code) - Taps{};
  }

  /// kVectors vectors of channels from `first` on; an incomplete vector is always processed alone.
  template <int kVectors, bool kWhole>
  struct Channels {
    Index first, count;  // count: channels of an incomplete vector

    Vector load(const T* pixel, int k) const {
      if constexpr (kWhole) return Simd::load(pixel + first + k * kLanes);
      return Simd::load_partial(pixel + first, count);
    }
    void store(T* pixel, int k, Vector value) const {
      if constexpr (kWhole) return Simd::store(pixel + first + k * kLanes, value);
      Simd::store_partial(pixel + first, value, count);
    }
    Taps load_taps(const std::uint8_t* pixel, int k) const {
      const std::uint8_t* const from = pixel + first + k * kLanes;
      if constexpr (kWhole) return __builtin_bit_cast(Taps, Simd::load_bytes(from));
      std::uint8_t bytes[kLanes] = {};
      __builtin_memcpy(bytes, from, static_cast<std::size_t>(count));
      return __builtin_bit_cast(Taps, Simd::load_bytes(bytes));
    }
    void store_taps(std::uint8_t* pixel, int k, Taps taps) const {
      const Bytes bytes = __builtin_convertvector(taps, Bytes);
      __builtin_memcpy(pixel + first + k * kLanes, &bytes,
                       static_cast<std::size_t>(kWhole ? kLanes : count));
    }
  };

  /// Calls pass.at(channels) with every block of channels.
  template <class Pass>
  static void for_all_channels(Index channels, const Pass& pass) {
    Index c = 0;
    for (; c + 4 * kLanes <= channels; c += 4 * kLanes) pass.at(Channels<4, true>{c, kLanes});
    for (; c + kLanes <= channels; c += kLanes) pass.at(Channels<1, true>{c, kLanes});
    if (c < channels) pass.at(Channels<1, false>{c, channels - c});
  }

  /// Computes one window.
  struct Forward {
    const T* image;
    Index corner;  // position of tap (0,0), which may lie before the image
    Index row, pixel;
    Index kernel;
    body::Range us, vs;
    T* y;
    std::uint8_t* winner;

    template <int kVectors, bool kWhole>
    void at(const Channels<kVectors, kWhole>& channels) const {
      Vector best[kVectors];
      Taps taps[kVectors];
      const T* const first = image + (corner + us.begin * row + vs.begin * pixel);
      for (int k = 0; k < kVectors; ++k) {
        best[k] = channels.load(first, k);
        taps[k] = taps_of(us.begin * kernel + vs.begin);
      }
      for (Index u = us.begin; u < us.end; ++u) {
        for (Index v = vs.begin; v < vs.end; ++v) {
          const T* const from = image + (corner + u * row + v * pixel);
          const Taps tap = taps_of(u * kernel + v);
          for (int k = 0; k < kVectors; ++k) {
            const Vector value = channels.load(from, k);
            const Taps wins = (value > best[k]) | (value != value);  // body::beats
            best[k] = wins ? value : best[k];
            taps[k] = wins ? tap : taps[k];
          }
        }
      }
      for (int k = 0; k < kVectors; ++k) {
        channels.store(y, k, best[k]);
        channels.store_taps(winner, k, taps[k]);
      }
    }
  };

  static void forward(const View<const T> x, const PoolWindow window, const View<T> y,
                      std::uint8_t* winner, Index row) {
    const Index n = row / y.h, i = row % y.h;
    const Index kernel = window.kernel, stride = window.stride, padding = window.padding;
    Forward pass{.image = x.pixel(n, 0, 0),
                 .corner = 0,
                 .row = x.w * x.c,
                 .pixel = x.c,
                 .kernel = kernel,
                 .us = body::taps_inside(i, x.h, kernel, stride, padding),
                 .vs = {},
                 .y = nullptr,
                 .winner = nullptr};
    for (Index j = 0; j < y.w; ++j) {
      pass.vs = body::taps_inside(j, x.w, kernel, stride, padding);
      pass.corner = (i * stride - padding) * pass.row + (j * stride - padding) * pass.pixel;
      pass.y = y.pixel(n, i, j);
      pass.winner = winner + (pass.y - y.data);
      for_all_channels(y.c, pass);
    }
  }

  /// Computes one pixel of dx: the sum of dy over the windows that it won.
  template <Write kWrite>
  struct Backward {
    View<const T> dy;
    const std::uint8_t* winner;
    Index n, kernel, stride;
    Index down, right;  // from tap (0,0) of window (0,0)
    body::Range is, js;
    T* dx;

    template <int kVectors, bool kWhole>
    void at(const Channels<kVectors, kWhole>& channels) const {
      Vector sum[kVectors] = {};
      for (Index i = is.begin; i < is.end; ++i) {
        for (Index j = js.begin; j < js.end; ++j) {
          const T* const from = dy.pixel(n, i, j);
          const std::uint8_t* const taps = winner + (from - dy.data);
          const Taps tap = taps_of((down - i * stride) * kernel + right - j * stride);
          for (int k = 0; k < kVectors; ++k) {
            const Vector value = channels.load(from, k);
            sum[k] += channels.load_taps(taps, k) == tap ? value : Vector{};
          }
        }
      }
      for (int k = 0; k < kVectors; ++k) {
        const Vector so_far = kWrite == Write::assign ? Vector{} : channels.load(dx, k);
        channels.store(dx, k, kWrite == Write::assign ? sum[k] : so_far + sum[k]);
      }
    }
  };

  template <Write kWrite>
  static void backward_row(const View<const T> dy, const std::uint8_t* winner,
                           const PoolWindow window, const View<T> dx, Index row) {
    const Index n = row / dx.h, a = row % dx.h;
    const Index kernel = window.kernel, stride = window.stride, padding = window.padding;
    Backward<kWrite> pass{.dy = dy,
                          .winner = winner,
                          .n = n,
                          .kernel = kernel,
                          .stride = stride,
                          .down = a + padding,
                          .right = 0,
                          .is = body::windows_over(a, dy.h, kernel, stride, padding),
                          .js = {},
                          .dx = nullptr};
    for (Index b = 0; b < dx.w; ++b) {
      pass.right = b + padding;
      pass.js = body::windows_over(b, dy.w, kernel, stride, padding);
      pass.dx = dx.pixel(n, a, b);
      for_all_channels(dx.c, pass);
    }
  }

  static void backward(const View<const T> dy, const std::uint8_t* winner, const PoolWindow window,
                       const View<T> dx, Write write, Index row) {
    write == Write::assign ? backward_row<Write::assign>(dy, winner, window, dx, row)
                           : backward_row<Write::accumulate>(dy, winner, window, dx, row);
  }

  static MaxPoolRows<T> rows() { return {forward, backward}; }
};

}  // namespace fpanet::kernels
