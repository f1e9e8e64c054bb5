#include "kernels/max_pool.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <type_traits>

#include "engine/core/parallel.hpp"
#include "kernels/cpu_simd_generic.hpp"
#include "kernels/max_pool_body.hpp"

namespace fpanet::kernels {
namespace {

/// An integer as wide as T: comparisons of T select it without repacking vectors.
template <class T>
using Code = std::conditional_t<sizeof(T) == 8, std::int64_t, std::int32_t>;

constexpr Index kLanes = 16;  // channels that go through a window together, in registers

/// f(first channel, number of channels), the number a constant but for the last few channels.
template <class F>
void for_channel_blocks(Index channels, const F& f) {
  Index c = 0;
  for (; c + kLanes <= channels; c += kLanes) f(c, std::integral_constant<Index, kLanes>{});
  if (c < channels) f(c, channels - c);
}

/// The largest value so far of each of up to kLanes channels, and the tap it came from. Explicit
/// vectors: the compiler does not turn the two selections into masks by itself.
template <class T>
class Winners {
  using Simd = SimdGeneric<T>;
  using Vector = typename Simd::Vector;
  using Taps = decltype(Vector{} > Vector{});  // integers as wide as T
  static constexpr Index kVectors = kLanes / Simd::kLanes;

 public:
  template <class Lanes>
  Winners(const T* value, Index code, Lanes lanes) {
    for (Index k = 0; k < kVectors; ++k) {
      best_[k] = load(value, k, lanes);
      taps_[k] = static_cast<Code<T>>(code) - Taps{};
    }
  }

  template <class Lanes>
  void meet(const T* value, Index code, Lanes lanes) {
    for (Index k = 0; k < kVectors; ++k) {
      const Vector v = load(value, k, lanes);
      const Taps wins = (v > best_[k]) | (v != v);  // body::beats
      best_[k] = wins ? v : best_[k];
      taps_[k] = wins ? static_cast<Code<T>>(code) - Taps{} : taps_[k];
    }
  }

  template <class Lanes>
  void store(T* to, std::uint8_t* to_tap, Lanes lanes) const {
    T best[kLanes];
    Code<T> taps[kLanes];
    std::memcpy(best, best_, sizeof best);
    std::memcpy(taps, taps_, sizeof taps);
    for (Index c = 0; c < lanes; ++c) {
      to[c] = best[c];
      to_tap[c] = static_cast<std::uint8_t>(taps[c]);
    }
  }

 private:
  static Vector load(const T* value, Index k, std::integral_constant<Index, kLanes>) {
    return Simd::load(value + k * Simd::kLanes);
  }
  static Vector load(const T* value, Index k, Index lanes) {
    const Index first = k * Simd::kLanes;
    return Simd::load_partial(value + first, std::clamp<Index>(lanes - first, 0, Simd::kLanes));
  }

  Vector best_[kVectors];
  Taps taps_[kVectors];
};

/// The gradient of up to kLanes channels of an input pixel: the sum of dy over the windows it won.
template <class T>
class Won {
  using Simd = SimdGeneric<T>;
  using Vector = typename Simd::Vector;
  using Taps = decltype(Vector{} > Vector{});
  typedef std::uint8_t Bytes __attribute__((vector_size(16 / sizeof(T))));
  static constexpr Index kVectors = kLanes / Simd::kLanes;

 public:
  void add(const T* dy, const std::uint8_t* taps, Index code,
           std::integral_constant<Index, kLanes>) {
    for (Index k = 0; k < kVectors; ++k) {
      Bytes bytes;
      std::memcpy(&bytes, taps + k * Simd::kLanes, sizeof bytes);
      const Taps tap = __builtin_convertvector(bytes, Taps);
      const Taps won = tap == static_cast<Code<T>>(code) - Taps{};
      sum_[k] += won ? Simd::load(dy + k * Simd::kLanes) : Vector{};
    }
  }
  void add(const T* dy, const std::uint8_t* taps, Index code, Index lanes) {
    T all_dy[kLanes] = {};
    std::uint8_t all_taps[kLanes] = {};
    std::copy_n(dy, lanes, all_dy);
    std::copy_n(taps, lanes, all_taps);
    add(all_dy, all_taps, code, std::integral_constant<Index, kLanes>{});
  }

  template <class Lanes>
  void store(T* to, Write write, Lanes lanes) const {
    T sum[kLanes];
    std::memcpy(sum, sum_, sizeof sum);
    for (Index c = 0; c < lanes; ++c) fpanet::store(to[c], sum[c], write);
  }

 private:
  Vector sum_[kVectors] = {};
};

}  // namespace

template <class T>
void max_pool(const Cpu& cpu, View<const T> x, PoolWindow window, View<T> y, std::uint8_t* winner) {
  const auto [kernel, stride, padding] = window;
  assert(kernel <= 15 && padding * 2 <= kernel);
  parallel_for(cpu, y.n * y.h, [&, kernel = kernel, stride = stride, padding = padding](Index row) {
    const Index n = row / y.h, i = row % y.h;
    const body::Range us = body::taps_inside(i, x.h, kernel, stride, padding);
    for (Index j = 0; j < y.w; ++j) {
      const body::Range vs = body::taps_inside(j, x.w, kernel, stride, padding);
      for_channel_blocks(y.c, [&](Index first, auto lanes) {
        const auto tap = [&](Index u, Index v) {
          return x.pixel(n, i * stride + u - padding, j * stride + v - padding) + first;
        };
        Winners<T> best(tap(us.begin, vs.begin), us.begin * kernel + vs.begin, lanes);
        for (Index u = us.begin; u < us.end; ++u) {
          for (Index v = vs.begin; v < vs.end; ++v) best.meet(tap(u, v), u * kernel + v, lanes);
        }
        T* const to = y.pixel(n, i, j) + first;
        best.store(to, winner + (to - y.data), lanes);
      });
    }
  });
}

template <class T>
void max_pool_backward(const Cpu& cpu, View<const T> dy, const std::uint8_t* winner,
                       PoolWindow window, View<T> dx, Write write) {
  const auto [kernel, stride, padding] = window;
  parallel_for(cpu, dx.n * dx.h,
               [&, kernel = kernel, stride = stride, padding = padding](Index row) {
                 const Index n = row / dx.h, a = row % dx.h;
                 const body::Range is = body::windows_over(a, dy.h, kernel, stride, padding);
                 for (Index b = 0; b < dx.w; ++b) {
                   const body::Range js = body::windows_over(b, dy.w, kernel, stride, padding);
                   for_channel_blocks(dx.c, [&](Index first, auto lanes) {
                     Won<T> sum;
                     for (Index i = is.begin; i < is.end; ++i) {
                       for (Index j = js.begin; j < js.end; ++j) {
                         const Index u = a + padding - i * stride, v = b + padding - j * stride;
                         const T* const from = dy.pixel(n, i, j) + first;
                         sum.add(from, winner + (from - dy.data), u * kernel + v, lanes);
                       }
                     }
                     sum.store(dx.pixel(n, a, b) + first, write, lanes);
                   });
                 }
               });
}

#define FPANET_INSTANTIATE(T)                                                                 \
  template void max_pool(const Cpu&, View<const T>, PoolWindow, View<T>, std::uint8_t*);      \
  template void max_pool_backward(const Cpu&, View<const T>, const std::uint8_t*, PoolWindow, \
                                  View<T>, Write)
FPANET_INSTANTIATE(float);
FPANET_INSTANTIATE(double);
#undef FPANET_INSTANTIATE

}  // namespace fpanet::kernels
